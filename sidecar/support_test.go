package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

// binary is the program under test, built with the race detector; self is this test program, which is
// also the app (app_test.go).
var binary, self string

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "app" {
		os.Exit(app(os.Args[2:]))
	}
	dir, err := os.MkdirTemp("", "realtime")
	if err == nil {
		binary = filepath.Join(dir, "realtime")
		var out []byte
		out, err = exec.Command("go", "build", "-race", "-o", binary, "-ldflags", "-X main.version=1.2.3", ".").CombinedOutput()
		fmt.Fprint(os.Stderr, string(out))
	}
	if err == nil {
		self, err = os.Executable()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// process is a running program whose output, and that of what it started, is read line by line.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines chan string
	ended chan struct{}

	mu  sync.Mutex
	log strings.Builder
}

// start starts the program in dir with a session of its own, so that no terminal of the tester plays
// a part. It is killed at the end of the test. set may change the command before.
func start(t *testing.T, dir string, set func(*exec.Cmd), args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary, args...), lines: make(chan string, 4096), ended: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Env = cleanEnviron()
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = in, in
	stdin, give, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdin, p.stdin = stdin, give
	if set != nil {
		set(p.cmd)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	stdin.Close()
	go p.read(out)
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
		give.Close()
		out.Close()
		if t.Failed() {
			t.Logf("output of %v:\n%s", args, p.text())
		}
	})
	return p
}

// cleanEnviron is the tester's environment without what would configure the program. The race detector
// ends a program at the first race, and does not let it linger at its end, as it would for a second.
func cleanEnviron() []string {
	list := []string{"GORACE=halt_on_error=1 atexit_sleep_ms=0"}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "REALTIME_") || name == "PORT" || strings.HasSuffix(name, "_ENV") {
			continue
		}
		list = append(list, entry)
	}
	return list
}

func (p *process) read(r io.Reader) {
	defer close(p.lines)
	for lines := bufio.NewScanner(r); lines.Scan(); {
		p.mu.Lock()
		fmt.Fprintln(&p.log, lines.Text())
		p.mu.Unlock()
		p.lines <- lines.Text()
	}
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// expect reads on until a line has the text, and returns that line.
func (p *process) expect(text string) string {
	p.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("the output ended without %q", text)
			}
			if strings.Contains(line, "DATA RACE") {
				p.t.Fatal(line)
			}
			if strings.Contains(line, text) {
				return line
			}
		case <-limit:
			p.t.Fatalf("%q did not come", text)
		}
	}
}

var addressIn = regexp.MustCompile(`address=(\S+)`)

// front waits until the sidecar listens and returns its address.
func (p *process) front() string {
	p.t.Helper()
	return addressIn.FindStringSubmatch(p.expect("msg=listening"))[1]
}

func (p *process) signal(sig os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// insist sends a signal again and again until the program has ended.
func (p *process) insist(sig os.Signal) {
	p.t.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	limit := time.After(patience)
	for {
		select {
		case <-p.ended:
			return
		case <-again.C:
			_ = p.cmd.Process.Signal(sig)
		case <-limit:
			p.t.Fatal("did not end")
		}
	}
}

// exit waits for the end and returns the exit code, -1 for a signal.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatal("did not end")
		return 0
	}
}

// wantExit checks the exit code.
func (p *process) wantExit(code int) {
	p.t.Helper()
	if got := p.exit(); got != code {
		p.t.Fatalf("exit code %d (%v), want %d", got, p.cmd.ProcessState, code)
	}
}

// output runs the program to its end.
func output(t *testing.T, dir string, env []string, args ...string) (text string, code int) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Env = dir, append(cleanEnviron(), env...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// flags are those of every sidecar here: ports of its own, and no time spent on courtesies.
func flags(command string, more ...string) []string {
	return append([]string{command, "--listen=127.0.0.1:0", "--connect=open", "--drain-spread=0s"}, more...)
}

// folder is a working directory with a short path, as Unix sockets want it.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// get asks the sidecar for a page and returns status and body.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
