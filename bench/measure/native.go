package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"realtime/bench/process"
)

// payloadBytes is the text of an emit or an event in the comparison of ways.
const payloadBytes = 200

// ways are how an app reaches its clients: by the server inside its own process, by the sidecar, and by
// POSTs to and from a server that speaks HTTP alone.
var ways = []string{"library", "socket", "post"}

// native compares the ways for one language, all of them on the measured core, in turns.
func native(b *setup, language string) ([]row, error) {
	var servers []*server
	defer func() {
		for _, s := range servers {
			s.stop()
		}
	}()
	for _, way := range ways {
		s, err := b.host(language, way)
		if err != nil {
			return nil, fmt.Errorf("%s by %s: %w", language, way, err)
		}
		servers = append(servers, s)
	}
	var rows []row
	for _, what := range []struct {
		command, text string
		clients       int
	}{{"emit", "emit to 1", 1}, {"emit", "emit to 100", 100}, {"echo", "event and ack, 1 client", 1}, {"echo", "event and ack, 100 clients", 100}} {
		samples, err := b.load(what.command, b.rounded([]string{"-clients", strconv.Itoa(what.clients), "-bytes", strconv.Itoa(payloadBytes)}), servers...)
		if err != nil {
			return nil, err
		}
		rows = append(rows, wayRows(language+": "+what.text, samples)...)
	}
	return rows, nil
}

// wayRows has the CPU of all processes together, beside what it is by POST, and the app's own in the note.
func wayRows(what string, samples map[string][]process.Sample) []row {
	var rows []row
	for _, way := range ways {
		r := row{
			what: what + ", " + way, unit: "us", ours: cost(summed(samples[way]), 0),
			note: fmt.Sprintf("app %.1f us, %.0f/s", cost(samples[way], 0), rate(samples[way])),
		}
		if way != "post" {
			r.peer, r.other = "post", cost(summed(samples["post"]), 0)
		}
		rows = append(rows, r)
	}
	return rows
}

// summed are the samples with the CPU of all processes as one.
func summed(samples []process.Sample) []process.Sample {
	var sums []process.Sample
	for _, s := range samples {
		var all float64
		for _, each := range s.CPU {
			all += each
		}
		s.CPU = []float64{all}
		sums = append(sums, s)
	}
	return sums
}

// host starts an app of a language and what it needs for a way to its clients. As main it has the app, as
// worker the server if that is another process.
func (b *setup) host(language, way string) (*server, error) {
	addr, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	b.n++
	s := &server{name: way, addr: addr, socket: filepath.Join(b.dir, strconv.Itoa(b.n)+".sock")}
	switch way {
	case "library":
		s.main, err = process.Start(b.hostCommand(language, s.socket, "library", addr), b.log, "tcp", addr)
	case "socket":
		cmd := b.sidecarCommand(addr, s.socket, busyPing)
		if s.worker, err = process.Start(cmd, b.log, "tcp", addr); err != nil {
			return nil, err
		}
		s.main, err = process.Start(b.hostCommand(language, s.socket, "socket"), b.log, "", "")
	case "post":
		err = b.poster(language, s)
	}
	if err != nil && s.worker != nil {
		s.worker.Stop()
	}
	return s, err
}

// poster starts an app and a server that speak HTTP with each other.
func (b *setup) poster(language string, s *server) error {
	app, err := process.FreePort()
	if err != nil {
		return err
	}
	emits, err := process.FreePort()
	if err != nil {
		return err
	}
	cmd := process.Command(process.Measured, b.built("posts"), "-listen", s.addr, "-emit", emits, "-app", "http://"+app+"/")
	if s.worker, err = process.Start(cmd, b.log, "tcp", s.addr); err != nil {
		return err
	}
	url := "http://" + emits + "/emit"
	if language == "ruby" {
		s.main, err = process.Start(b.hostCommand(language, s.socket, "post", app, url), b.log, "tcp", app)
		return err
	}
	cmd = b.inFolder(process.Command(process.Measured, b.built("python/bin/python"), "-m", "gunicorn", "--workers", "1",
		"--threads", "4", "--keep-alive", "120", "--log-level", "warning", "--chdir", b.root, "--bind", app, "host:application"), s.socket)
	cmd.Env = append(cmd.Env, "EMIT_URL="+url)
	if s.main, err = process.Start(cmd, b.log, "tcp", app); err == nil {
		s.workerPID, err = onlyChild(s.main.PID(), app)
	}
	return err
}

// hostCommand runs bench/host.rb or host.py.
func (b *setup) hostCommand(language, socket string, args ...string) *exec.Cmd {
	program := []string{"ruby", "-I", filepath.Join(b.bindings(), "ruby", "lib"), filepath.Join(b.root, "host.rb")}
	if language == "python" {
		program = []string{b.built("python/bin/python"), filepath.Join(b.root, "host.py")}
	}
	return b.inFolder(process.Command(process.Measured, program[0], append(program[1:], args...)...), socket)
}

func (b *setup) inFolder(cmd *exec.Cmd, socket string) *exec.Cmd {
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "REALTIME_SOCKET="+socket, "REALTIME_LIBRARY="+b.built("librealtime.so"),
		"PYTHONPATH="+filepath.Join(b.bindings(), "python", "src"))
	return cmd
}

// onlyChild is the process that a web server has for its app. Who gets an answer knows that it is there.
func onlyChild(pid int, address string) (int, error) {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return 0, err
	}
	defer nc.Close()
	const body = `{"event":"echo","args":[1]}`
	if _, err := fmt.Fprintf(nc, "POST / HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		return 0, err
	}
	if _, err := nc.Read(make([]byte, 1)); err != nil {
		return 0, err
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}
