package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

func TestSockets_and_rooms_show_who_is_there(t *testing.T) {
	dir := folder(t)
	p := start(t, dir, nil, flags("serve")...)
	front := p.front()
	a, b := connect(t, front), connect(t, front)
	for _, c := range []*client{a, b} {
		emitTo(t, dir, "here")
		c.expect("42")
	}
	out, code := output(t, dir, nil, "sockets")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 3 || !strings.HasPrefix(lines[0], "ID ") || !strings.Contains(lines[1], "127.0.0.1  websocket  ") {
		t.Fatalf("code %d:\n%s", code, out)
	}
	id := strings.Fields(lines[1])[0]
	out, code = output(t, dir, nil, "sockets", "--json", "--to", id)
	var socket struct {
		ID        string
		Namespace string
		Rooms     []string
		User      *string
	}
	if err := json.Unmarshal([]byte(out), &socket); err != nil || code != 0 || socket.ID != id || socket.Namespace != "/" || socket.User != nil {
		t.Errorf("code %d, %v: %s", code, err, out)
	}
	if out, code := output(t, dir, nil, "sockets", "--namespace", "/nobody"); code != 0 || strings.Count(out, "\n") != 1 {
		t.Errorf("code %d: %s", code, out)
	}

	join(t, dir, id, "order:7")
	if out, code := output(t, dir, nil, "rooms"); code != 0 || out != "SOCKETS  ROOM\n1        order:7\n" {
		t.Errorf("code %d: %q", code, out)
	}
	if out, code := output(t, dir, nil, "rooms", "--json"); code != 0 || out != `{"room":"order:7","sockets":1}`+"\n" {
		t.Errorf("code %d: %q", code, out)
	}
	if out, code := output(t, dir, nil, "sockets", "--to", "order:7"); code != 0 || !strings.Contains(out, id) || !strings.Contains(out, "order:7") {
		t.Errorf("code %d: %s", code, out)
	}
}

// join puts a socket into a room, as the app does.
func join(t *testing.T, dir, socket, room string) {
	t.Helper()
	t.Chdir(dir)
	f := linkFlags{Timeout: patience}
	link, err := f.dial("admin", "test")
	if err != nil {
		t.Fatal(err)
	}
	defer link.Close()
	if _, err := link.call("join", map[string]any{"to": []string{socket}, "rooms": []string{room}}); err != nil {
		t.Fatal(err)
	}
}

func TestSockets_without_a_sidecar_names_the_path(t *testing.T) {
	path := filepath.Join(folder(t), "none.sock")
	for _, command := range []string{"sockets", "rooms"} {
		out, code := output(t, folder(t), nil, command, "--socket", path)
		if code != exitFailure || !strings.Contains(out, "no sidecar at "+path) {
			t.Errorf("%s: code %d: %s", command, code, out)
		}
	}
}

func TestPlainCell_leaves_no_control_characters(t *testing.T) {
	if got := plainCell("a\x1b[2Jé\n\u009b"); got != "a\uFFFD[2Jé\uFFFD\uFFFD" {
		t.Errorf("got %q", got)
	}
}
