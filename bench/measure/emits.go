package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"realtime/bench/process"
)

// emits compares what it costs an app to tell the sidecar with a PUBLISH to Redis and a POST to the
// official server. The figures are the app's own CPU; what the other side used is in the note.
func emits(b *setup, language string) ([]row, error) {
	samples, err := b.emitSamples(language)
	if err != nil {
		return nil, err
	}
	redis, post := cost(samples["redis"], 0), cost(samples["http"], 0)
	line := func(what, way string, less float64) row {
		return row{
			what: language + ": " + what, unit: "us", ours: cost(samples[way], 0) - less, peer: "redis", other: redis,
			note: fmt.Sprintf("%.0f/s, sidecar %.1f us", rate(samples[way]), cost(samples[way], 1)),
		}
	}
	rows := []row{
		line("emit", "emit", 0),
		line("emit, confirmed", "confirmed", 0),
		line("emit, 100 in a batch", "batch", 0),
		line("emit, 10 in a transaction, less the transaction", "transaction", cost(samples["nothing"], 0)),
		{
			what: "  PUBLISH to Redis", unit: "us", ours: redis,
			note: fmt.Sprintf("%.0f/s, redis %.1f us", rate(samples["redis"]), cost(samples["redis"], 1)),
		},
		{
			what: "  POST to the official server", unit: "us", ours: post, peer: "redis", other: redis,
			note: fmt.Sprintf("%.0f/s, node %.1f us", rate(samples["http"]), cost(samples["http"], 1)),
		},
	}
	return rows, nil
}

// emitSamples runs emits.rb or emits.py with everything they speak to.
func (b *setup) emitSamples(language string) (map[string][]process.Sample, error) {
	servers, err := b.pair("go")
	if err != nil {
		return nil, err
	}
	node, sidecar := servers[0], servers[1]
	address, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	port := func(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }
	redis, err := process.Start(process.Command(process.Measured, "redis-server", "--port", port(address),
		"--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", b.dir), b.log, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer redis.Stop()

	program := []string{"ruby", "-I", filepath.Join(b.bindings(), "ruby", "lib"), filepath.Join(b.root, "emits.rb")}
	if language == "python" {
		program = []string{b.built("python/bin/python"), filepath.Join(b.root, "emits.py")}
	}
	cmd := process.Command(process.Others, program[0], append(program[1:],
		fmt.Sprint(b.time.Seconds()), strconv.Itoa(b.rounds), strconv.Itoa(sidecar.main.PID()),
		port(address), strconv.Itoa(redis.PID()), port(node.addr), strconv.Itoa(node.main.PID()))...)
	cmd.Env = append(os.Environ(), "REALTIME_SOCKET="+sidecar.socket, "PYTHONPATH="+filepath.Join(b.bindings(), "python", "src"))
	return samplesOf(cmd)
}

// samplesOf runs a program that prints a sample per line.
func samplesOf(cmd *exec.Cmd) (map[string][]process.Sample, error) {
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(failure.Bytes()))
	}
	samples := make(map[string][]process.Sample)
	for line := range bytes.Lines(out) {
		var s process.Sample
		if err := json.Unmarshal(line, &s); err != nil {
			return nil, err
		}
		samples[s.Target] = append(samples[s.Target], s)
	}
	return samples, nil
}
