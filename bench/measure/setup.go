package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"realtime/bench/process"
)

// setup holds the folders and the servers that several measures share.
type setup struct {
	scale
	root string   // bench
	dir  string   // for sockets and configurations; removed in the end
	log  *os.File // what the servers say
	warm map[string]*server
	n    int
}

// server is a server under load with its worker.
type server struct {
	name   string
	addr   string
	socket string // of the app link
	main   *process.Process
	worker *process.Process
	// workerPID is the process that does the work of main, where that only watches over it.
	workerPID int
}

func newSetup(s scale) (*setup, error) {
	if _, err := exec.LookPath("taskset"); err != nil {
		return nil, fmt.Errorf("taskset (util-linux) is needed: %w", err)
	}
	folder, err := root()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "realtime-bench")
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(folder, "out", "servers.log"))
	return &setup{scale: s, root: folder, dir: dir, log: log, warm: make(map[string]*server)}, err
}

func (b *setup) close() {
	for _, s := range b.warm {
		s.stop()
	}
	b.log.Close()
	os.RemoveAll(b.dir)
}

func (s *server) stop() {
	if s.worker != nil {
		s.worker.Stop()
	}
	s.main.Stop()
}

// target is how the load generator is told of a server.
func (s *server) target() string {
	pids := strconv.Itoa(s.main.PID())
	if s.workerPID != 0 {
		pids = strconv.Itoa(s.workerPID)
	}
	if s.worker != nil {
		pids += "," + strconv.Itoa(s.worker.PID())
	}
	return s.name + "=" + s.addr + "=" + pids
}

const (
	// quietPing is the ping interval of servers whose memory is measured: nothing moves meanwhile.
	quietPing = 2 * time.Minute
	// busyPing is Socket.IO's own.
	busyPing = 25 * time.Second
)

// node starts the official server.
func (b *setup) node(ping time.Duration) (*server, error) {
	addr, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	_, port, _ := strings.Cut(addr, ":")
	cmd := process.Command(process.Measured, "node", filepath.Join(b.root, "node", "server.js"),
		port, strconv.FormatInt(ping.Milliseconds(), 10))
	cmd.Env = append(os.Environ(), "NODE_ENV=production")
	p, err := process.Start(cmd, b.log, "tcp", addr)
	return &server{name: "node", addr: addr, main: p}, err
}

// sidecar starts our server and, unless it is "", a worker in a language.
func (b *setup) sidecar(language string, ping time.Duration) (*server, error) {
	addr, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	b.n++
	socket := filepath.Join(b.dir, strconv.Itoa(b.n)+".sock")
	p, err := process.Start(b.sidecarCommand(addr, socket, ping), b.log, "tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &server{name: language, addr: addr, socket: socket, main: p}
	worker := b.workerCommand(language, socket)
	s.worker, err = process.Start(worker, b.log, "", "")
	if err != nil {
		s.stop()
	}
	return s, err
}

// sidecarCommand is the sidecar itself, or with BENCH_SERVER=bare the one without a proxy.
func (b *setup) sidecarCommand(addr, socket string, ping time.Duration) *exec.Cmd {
	if os.Getenv("BENCH_SERVER") == "bare" {
		return process.Command(process.Measured, b.built("bare"),
			"-listen", addr, "-socket", socket, "-ping-interval", ping.String())
	}
	cmd := process.Command(process.Measured, b.built("realtime"), "serve",
		"--listen", addr, "--socket", socket, "--ping-interval", ping.String(),
		"--upstream", "http://127.0.0.1:9", "--log-level", "warn")
	cmd.Dir = b.dir
	return cmd
}

func (b *setup) built(name string) string { return filepath.Join(b.root, "out", name) }

func (b *setup) bindings() string { return filepath.Join(filepath.Dir(b.root), "bindings") }

func (b *setup) workerCommand(language, socket string) *exec.Cmd {
	var cmd *exec.Cmd
	switch language {
	case "python":
		cmd = process.Command(process.Others, b.built("python/bin/python"), filepath.Join(b.root, "worker.py"))
	case "ruby":
		cmd = process.Command(process.Others, "ruby", "-I", filepath.Join(b.bindings(), "ruby", "lib"), filepath.Join(b.root, "worker.rb"))
	default:
		cmd = process.Command(process.Others, b.built("app"), socket)
	}
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "REALTIME_SOCKET="+socket,
		"PYTHONPATH="+filepath.Join(b.bindings(), "python", "src"))
	return cmd
}

// pair returns the shared servers: the peer's, and ours with each of the given workers.
func (b *setup) pair(languages ...string) ([]*server, error) {
	all := make([]*server, 0, 1+len(languages))
	for _, name := range append([]string{"node"}, languages...) {
		if b.warm[name] == nil {
			var s *server
			var err error
			if name == "node" {
				s, err = b.node(busyPing)
			} else {
				s, err = b.sidecar(name, busyPing)
			}
			if err != nil {
				return nil, err
			}
			b.warm[name] = s
		}
		all = append(all, b.warm[name])
	}
	return all, nil
}

// load runs the load generator and returns its samples by target.
func (b *setup) load(command string, flags []string, servers ...*server) (map[string][]process.Sample, error) {
	args := append([]string{command}, flags...)
	for _, s := range servers {
		args = append(args, s.target())
	}
	return samplesOf(process.Command(process.Others, b.built("load"), args...))
}
