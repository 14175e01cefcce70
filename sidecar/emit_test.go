package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestEmit_reaches_clients(t *testing.T) {
	dir := folder(t)
	p := start(t, dir, nil, flags("serve")...)
	c := connect(t, p.front())
	for _, e := range []struct {
		args []string
		want string
	}{
		{[]string{"none"}, `42["none"]`},
		{[]string{"json", `{"b":1,"a":[true,null,"<é>"]}`, `2.5`, `"quoted"`}, `42["json",{"b":1,"a":[true,null,"<é>"]},2.5,"quoted"]`},
		{[]string{"text", "plain text", "{broken"}, `42["text","plain text","{broken"]`},
		{[]string{"dash", "--", "-5", "-x"}, `42["dash",-5,"-x"]`},
		{[]string{"--namespace=/", "--volatile", "named"}, `42["named"]`},
	} {
		emitTo(t, dir, e.args...)
		if got := c.expect("42"); got != e.want {
			t.Errorf("%q: got %s, want %s", e.args, got, e.want)
		}
	}
}

func TestEmit_selects(t *testing.T) {
	dir := folder(t)
	p := start(t, dir, nil, flags("serve")...)
	front := p.front()
	a, b := connect(t, front), connect(t, front)
	// A room may have a comma in its name: the list is made by saying --to again.
	emitTo(t, dir, "missed", "--to", "nobody,here", "--to", "nor here")
	emitTo(t, dir, "missed", "--user", "anna")
	emitTo(t, dir, "met")
	for _, c := range []*client{a, b} {
		if got := c.expect("42"); got != `42["met"]` {
			t.Errorf("got %s", got)
		}
	}
}

func TestEmit_fails_with_what_the_sidecar_says(t *testing.T) {
	dir := folder(t)
	start(t, dir, nil, flags("serve")...).front()
	out, code := output(t, dir, nil, "emit", "connect")
	if code != exitFailure || !strings.Contains(out, `refused: event "connect"`) || !strings.Contains(out, "(reserved_event)") {
		t.Errorf("code %d: %s", code, out)
	}
}

func TestEmit_without_a_sidecar_names_the_path(t *testing.T) {
	path := filepath.Join(folder(t), "none.sock")
	for _, c := range []struct{ env, args []string }{
		{nil, []string{"emit", "--socket", path, "x"}},
		{[]string{"REALTIME_SOCKET=" + path}, []string{"emit", "x"}},
	} {
		out, code := output(t, folder(t), c.env, c.args...)
		if code != exitFailure || !strings.Contains(out, "no sidecar at "+path) || strings.Count(out, path) != 1 {
			t.Errorf("code %d: %s", code, out)
		}
	}
}

func TestEmit_shows_the_token(t *testing.T) {
	dir := folder(t)
	p := start(t, dir, nil, flags("serve", "--token=secret")...)
	c := connect(t, p.front())
	out, code := output(t, dir, nil, "emit", "x")
	if code != exitFailure || !strings.Contains(out, "unauthorized") {
		t.Errorf("code %d: %s", code, out)
	}
	if out, code := output(t, dir, []string{"REALTIME_TOKEN=secret"}, "emit", "x"); code != 0 {
		t.Errorf("code %d: %s", code, out)
	}
	c.expect(`42["x"]`)
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
}
