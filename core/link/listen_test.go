package link

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func dial(t *testing.T, l *Link) *app {
	t.Helper()
	nc, err := net.Dial("unix", l.cfg.Socket)
	if err != nil {
		t.Fatal(err)
	}
	return newApp(t, nc)
}

func TestListen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	listen := func(path string) (*Link, error) {
		l := New(Config{Socket: path})
		return l, l.Listen()
	}
	if _, err := listen(path); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("over a file: %v", err)
	}
	if _, err := listen(strings.Repeat("x", 104)); err == nil || !strings.Contains(err.Error(), "104 bytes") {
		t.Errorf("a long path: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	first, err := listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != DefaultMode {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := listen(path); err == nil || !strings.Contains(err.Error(), "another process listens") {
		t.Errorf("a second sidecar: %v", err)
	}
	first.listener.Close()
	crashed, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	crashed.SetUnlinkOnClose(false)
	crashed.Close()
	again, err := listen(path)
	if err != nil {
		t.Fatalf("over a stale socket: %v", err)
	}
	again.listener.Close()
}
