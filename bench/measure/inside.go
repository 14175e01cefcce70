package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"

	"realtime/bench/process"
)

// arrival is what a server inside costs before anybody uses it: what bench/inside.rb and inside.py print.
type arrival struct {
	Load, Start, First float64 // seconds
	Loaded, Started    float64 // bytes
}

// inside measures what the server inside costs a process of a language: memory and time at the start, and
// memory for each client that is there.
func inside(b *setup, language string) ([]row, error) {
	var arrivals []arrival
	for range b.rounds {
		out, err := b.insideCommand(language).Output()
		if err != nil {
			return nil, fmt.Errorf("bench/inside in %s: %w", language, err)
		}
		var a arrival
		if err := json.Unmarshal(out, &a); err != nil {
			return nil, err
		}
		arrivals = append(arrivals, a)
	}
	middle := func(of func(arrival) float64) float64 {
		var all []float64
		for _, a := range arrivals {
			all = append(all, of(a))
		}
		return median(all)
	}
	rows := []row{
		{what: language + ": library loaded, PSS more", unit: "MiB", ours: middle(func(a arrival) float64 { return a.Loaded / (1 << 20) })},
		{what: language + ": server started and used once, PSS more", unit: "MiB", ours: middle(func(a arrival) float64 { return a.Started / (1 << 20) })},
		{what: language + ": to load the library", unit: "ms", ours: middle(func(a arrival) float64 { return a.Load * 1000 })},
		{what: language + ": to start the server", unit: "ms", ours: middle(func(a arrival) float64 { return a.Start * 1000 })},
		{what: language + ": from the start to the first client in", unit: "ms", ours: middle(func(a arrival) float64 { return a.First * 1000 })},
	}
	idle, err := b.insideIdle(language)
	return append(rows, idle...), err
}

// insideIdle has WebSockets that do nothing at a server inside.
func (b *setup) insideIdle(language string) ([]row, error) {
	addr, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	b.n++
	socket := filepath.Join(b.dir, strconv.Itoa(b.n)+".sock")
	cmd := b.hostCommand(language, socket, "library", addr)
	cmd.Env = append(cmd.Env, "REALTIME_PING_INTERVAL="+quietPing.String())
	s := &server{name: "library", addr: addr}
	if s.main, err = process.Start(cmd, b.log, "tcp", addr); err != nil {
		return nil, err
	}
	defer s.stop()
	samples, err := b.load("idle", []string{"-clients", strconv.Itoa(b.idle), "-rounds", "1"}, s)
	if err != nil {
		return nil, err
	}
	sample := samples[s.name][0]
	return []row{{
		what: fmt.Sprintf("%s: idle WebSocket, PSS of the whole process, %d clients", language, b.idle), unit: "KiB",
		ours: float64(sample.Bytes) / float64(sample.Count) / 1024,
	}}, nil
}

func (b *setup) insideCommand(language string) *exec.Cmd {
	b.n++
	socket := filepath.Join(b.dir, strconv.Itoa(b.n)+".sock")
	if language == "python" {
		return b.inFolder(process.Command(process.Measured, b.built("python/bin/python"), filepath.Join(b.root, "inside.py")), socket)
	}
	return b.inFolder(process.Command(process.Measured, "ruby", "-I", filepath.Join(b.bindings(), "ruby", "lib"), filepath.Join(b.root, "inside.rb")), socket)
}
