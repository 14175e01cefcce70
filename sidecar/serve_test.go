package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestServe_second_signal_ends_at_once(t *testing.T) {
	asked := make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	defer upstream.Close()
	p := start(t, folder(t), nil, flags("serve", "--shutdown-timeout=1h", "--upstream="+upstream.URL)...)
	nc, err := net.Dial("tcp", p.front())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	fmt.Fprintf(nc, "GET / HTTP/1.1\r\nHost: front\r\n\r\n")
	<-asked
	p.signal(syscall.SIGTERM)
	p.expect("msg=stopping")
	p.insist(syscall.SIGTERM)
	if status := p.cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != syscall.SIGTERM {
		t.Errorf("ended with %v", p.cmd.ProcessState)
	}
}

func TestServe_ends_with_0_on_a_signal(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		dir := folder(t)
		p := start(t, dir, nil, flags("serve")...)
		c := connect(t, p.front())
		p.signal(sig)
		c.expectEnd()
		p.wantExit(0)
		if _, err := os.Lstat(filepath.Join(dir, "tmp", "realtime.sock")); err == nil {
			t.Error("the socket file is left")
		}
	}
}

func TestServe_taken_socket(t *testing.T) {
	dir := folder(t)
	start(t, dir, nil, flags("serve")...).front()
	out, code := output(t, dir, nil, flags("serve")...)
	path := filepath.Join(dir, "tmp", "realtime.sock")
	if code != exitFailure || !strings.Contains(out, path) || !strings.Contains(out, "another process") {
		t.Errorf("code %d: %s", code, out)
	}
}

func TestServe_replaces_the_socket_of_a_killed_sidecar(t *testing.T) {
	dir := folder(t)
	p := start(t, dir, nil, flags("serve")...)
	p.front()
	p.signal(syscall.SIGKILL)
	<-p.ended
	if _, err := os.Lstat(filepath.Join(dir, "tmp", "realtime.sock")); err != nil {
		t.Fatal("the test needs a file that is left over: ", err)
	}
	c := connect(t, start(t, dir, nil, flags("serve")...).front())
	emitTo(t, dir, "back")
	c.expect(`42["back"]`)
}

func TestServe_logs_durations_as_text_in_JSON_too(t *testing.T) {
	p := start(t, folder(t), nil, flags("serve", "--log-format=json", "--shutdown-timeout=7s")...)
	p.expect(`"msg":"listening"`)
	p.signal(syscall.SIGTERM)
	p.expect(`"shutdown_timeout":"7s"`)
	p.wantExit(0)
}
