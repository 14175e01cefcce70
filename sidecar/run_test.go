package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// run starts `realtime run` with the app of the tests.
func run(t *testing.T, dir string, more []string, words ...string) *process {
	t.Helper()
	return start(t, dir, nil, append(flags("run", more...), append([]string{self, "app"}, words...)...)...)
}

func TestRun_tells_the_app_where_to_listen_and_where_we_are(t *testing.T) {
	dir := folder(t)
	p := run(t, dir, nil, "port={port}", "socket={socket}", "--listen=theirs")
	front := p.front()
	p.expect("the app listens")
	_, body := get(t, "http://"+front+"/")
	var port int
	socket := filepath.Join(dir, "tmp", "realtime.sock")
	if _, err := fmt.Sscanf(body, "app PORT=%d", &port); err != nil || fmt.Sprint(port) == front[strings.LastIndex(front, ":")+1:] {
		t.Fatalf("body %q, front %s", body, front)
	}
	want := fmt.Sprintf(`app PORT=%d REALTIME_SOCKET=%s REALTIME_NATIVE=0 args=["port=%d" "socket=%s" "--listen=theirs"]`, port, socket, port, socket)
	if body != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
	if nc, err := net.Dial("unix", socket); err != nil {
		t.Error(err)
	} else {
		nc.Close()
	}
}

func TestRun_holds_requests_until_the_app_listens(t *testing.T) {
	p := run(t, folder(t), []string{"--log-level=debug"}, "wait")
	front := p.front()
	p.expect("app waits")
	nc, err := net.Dial("tcp", front)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(nc, "GET / HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n")
	// Without holding, the answer would be an error, and here within a few milliseconds.
	_ = nc.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	if n, err := nc.Read(make([]byte, 1)); n > 0 || !os.IsTimeout(err) {
		t.Fatalf("answered before the app listens: %d bytes, %v", n, err)
	}
	fmt.Fprintln(p.stdin, "go")
	_ = nc.SetReadDeadline(time.Now().Add(patience))
	line := make([]byte, len("HTTP/1.1 200"))
	if _, err := nc.Read(line); err != nil || string(line) != "HTTP/1.1 200" {
		t.Errorf("got %q, %v", line, err)
	}
}

func TestRun_ends_with_the_code_of_the_app(t *testing.T) {
	dir := folder(t)
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("no program"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		code    int
		command []string
		text    string
	}{
		"success":          {0, []string{"sh", "-c", "exit 0"}, "the app ended"},
		"failure":          {7, []string{"sh", "-c", "exit 7"}, "the app ended"},
		"after two dashes": {7, []string{"--", "sh", "-c", "exit 7"}, "the app ended"},
		"killed":           {128 + 9, []string{"sh", "-c", "kill -9 $$"}, "the app ended"},
		"not found":        {127, []string{"no-such-program"}, "not found"},
		"no such file":     {127, []string{"./no-such-file"}, "no such file"},
		"not executable":   {126, []string{plain}, "permission denied"},
		"no command":       {2, []string{"--"}, "which command"},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, folder(t), nil, append(flags("run"), c.command...)...)
			p.expect(c.text)
			p.wantExit(c.code)
		})
	}
}

func TestRun_does_not_take_its_own_mistyped_flag_for_the_command(t *testing.T) {
	out, code := output(t, folder(t), nil, "run", "--lisen=127.0.0.1:0", "true")
	if code != exitUsage || !strings.Contains(out, `did you mean "--listen"?`) {
		t.Errorf("code %d: %s", code, out)
	}
}

func TestRun_taken_port_is_told_before_the_app_is_started(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dir := folder(t)
	out, code := output(t, dir, nil, "run", "--listen", ln.Addr().String(), "sh", "-c", "touch started")
	if code != exitFailure || !strings.Contains(out, "is taken by another process") {
		t.Errorf("code %d: %s", code, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "started")); err == nil {
		t.Error("the app was started")
	}
}

func TestRun_tells_the_app_to_end_after_our_server_has_stopped(t *testing.T) {
	p := run(t, folder(t), nil, "code=5")
	front := p.front()
	p.expect("the app listens")
	get(t, "http://"+front+"/")
	p.signal(syscall.SIGTERM)
	p.expect("app got terminated")
	p.expect("front is closed")
	p.wantExit(5)
}

func TestRun_passes_signals_on_once(t *testing.T) {
	p := run(t, folder(t), nil)
	p.expect("the app listens")
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2} {
		p.signal(sig)
		p.expect("app got " + sig.String())
	}
	p.signal(syscall.SIGTERM)
	p.expect("count of hangup: 1")
	p.expect("count of terminated: 1")
	p.expect("count of user defined signal 1: 1")
	p.expect("count of user defined signal 2: 1")
	p.wantExit(0)
}

func TestRun_passes_an_interrupt_on_without_a_terminal(t *testing.T) {
	p := run(t, folder(t), nil)
	p.expect("the app listens")
	p.signal(syscall.SIGINT)
	p.expect("app got interrupt")
	p.expect("count of interrupt: 1")
	p.wantExit(0)
}

func TestRun_kills_an_app_that_does_not_end_in_time(t *testing.T) {
	p := run(t, folder(t), []string{"--shutdown-timeout=600ms"}, "stubborn")
	p.expect("the app listens")
	p.signal(syscall.SIGTERM)
	p.expect("app got terminated")
	p.expect("is killed")
	p.wantExit(128 + 9)
}

func TestRun_second_signal_ends_at_once(t *testing.T) {
	p := run(t, folder(t), []string{"--shutdown-timeout=1h"}, "stubborn")
	p.expect("the app listens")
	p.signal(syscall.SIGTERM)
	p.expect("app got terminated")
	p.insist(syscall.SIGTERM)
	p.wantExit(128 + 9)
}

func TestRun_second_signal_does_not_wait_for_requests_under_way(t *testing.T) {
	p := run(t, folder(t), []string{"--shutdown-timeout=1h"})
	nc, err := net.Dial("tcp", p.front())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	fmt.Fprintf(nc, "GET /hang HTTP/1.1\r\nHost: front\r\n\r\n")
	p.expect("app hangs")
	p.signal(syscall.SIGTERM)
	p.expect("msg=stopping")
	p.insist(syscall.SIGTERM)
	p.wantExit(128 + 9)
}

func TestRun_restart_never_ends_with_the_code_of_the_crash(t *testing.T) {
	p := run(t, folder(t), []string{"--restart=never"})
	front := p.front()
	p.expect("the app listens")
	crash(front)
	p.wantExit(3)
}

// crash has the app end with code 3. No answer comes.
func crash(front string) {
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	if resp, err := client.Get("http://" + front + "/crash"); err == nil {
		resp.Body.Close()
	}
}

func TestRun_watches_the_app_where_a_flag_says_it_listens(t *testing.T) {
	for upstream, want := range map[string]endpoint{
		"http://127.0.0.1:3000": {"tcp", "127.0.0.1:3000"},
		"http://[::1]:3000/":    {"tcp", "[::1]:3000"},
		"http://app":            {"tcp", "app:80"},
		"unix:tmp/app.sock":     {"unix", "tmp/app.sock"},
	} {
		if got := endpointOf(upstream); got != want {
			t.Errorf("%s: got %v, want %v", upstream, got, want)
		}
	}
	out, code := output(t, folder(t), nil, flags("run", "--upstream=none", "true")...)
	if code != exitFailure || !strings.Contains(out, "--upstream") {
		t.Errorf("code %d: %s", code, out)
	}
}
