package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestRun_crash_starts_the_app_again_while_clients_stay(t *testing.T) {
	dir := folder(t)
	p := run(t, dir, []string{"--ping-interval=100ms", "--ping-timeout=5s"})
	front := p.front()
	p.expect("the app listens")
	c := connect(t, front)
	for _, backoff := range []string{"in=500ms", "in=1s"} {
		crash(front)
		line := p.expect("the app crashed")
		if !strings.Contains(line, backoff) || !strings.Contains(line, "code=3") {
			t.Errorf("got %s, want %s", line, backoff)
		}
		emitTo(t, dir, "down") // while the app is away
		c.expect(`42["down"]`)
		c.expect("2")
		p.expect("the app listens")
		if status, body := get(t, "http://"+front+"/"); status != 200 {
			t.Errorf("%d %s", status, body)
		}
		emitTo(t, dir, "up")
		c.expect(`42["up"]`)
	}
	p.signal(syscall.SIGTERM)
	c.expectEnd()
	p.wantExit(0)
}

func TestRun_a_start_that_fails_after_a_crash_is_tried_again(t *testing.T) {
	p := run(t, folder(t), nil, "second="+filepath.Join(folder(t), "starts"))
	front := p.front()
	p.expect("the app listens")
	crash(front)
	p.expect("code=3")
	p.expect("code=1") // the second start failed before it listened
	p.expect("the app listens")
	if status, _ := get(t, "http://"+front+"/"); status != 200 {
		t.Errorf("status %d", status)
	}
}

func TestRun_signal_between_two_starts_ends(t *testing.T) {
	p := run(t, folder(t), nil)
	front := p.front()
	p.expect("the app listens")
	crash(front)
	p.expect("the app crashed")
	p.signal(syscall.SIGTERM)
	p.wantExit(128 + int(syscall.SIGTERM))
}

// emitTo runs `realtime emit` in the sidecar's folder.
func emitTo(t *testing.T, dir string, args ...string) {
	t.Helper()
	if out, code := output(t, dir, nil, append([]string{"emit"}, args...)...); code != 0 || out != "" {
		t.Fatalf("emit %q: code %d: %s", args, code, out)
	}
}
