package shut

import (
	"errors"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

// copyOf is what a forked child would hold: another descriptor of the same socket.
func copyOf(t *testing.T, c syscall.Conn) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var fd int
	if err := raw.Control(func(f uintptr) { fd, err = syscall.Dup(int(f)) }); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
}

func TestConn_close_is_noticed_though_a_copy_lives(t *testing.T) {
	for network, addr := range map[string]string{"tcp": "127.0.0.1:0", "unix": filepath.Join(t.TempDir(), "s")} {
		t.Run(network, func(t *testing.T) {
			below, err := net.Listen(network, addr)
			if err != nil {
				t.Fatal(err)
			}
			ln := Listener(below, true)
			defer ln.Close()
			client, err := net.Dial(network, ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			server, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			copyOf(t, server.(syscall.Conn))
			if _, err := server.Write([]byte("last words")); err != nil {
				t.Fatal(err)
			}
			if err := server.Close(); err != nil {
				t.Fatal(err)
			}
			if err := client.SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(client)
			if err != nil || string(got) != "last words" {
				t.Errorf("the client read %q, %v", got, err)
			}
		})
	}
}

func TestListener_close_frees_the_port_though_a_copy_lives(t *testing.T) {
	below, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	copyOf(t, below.(syscall.Conn))
	ln := Listener(below, true)
	accepted := make(chan error, 1)
	go func() {
		_, err := ln.Accept()
		accepted <- err
	}()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-accepted; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
	if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a second Close: %v", err)
	}
	if nc, err := net.Dial("tcp", below.Addr().String()); err == nil {
		nc.Close()
		t.Error("somebody could still connect")
	}
	again, err := net.Listen("tcp", below.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

func TestConn_leaves_other_connections_alone(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	if Conn(a) != a {
		t.Error("it was wrapped")
	}
	a.Close()
}

func TestConn_costs_nothing_more(t *testing.T) {
	var tcp net.Conn = &net.TCPConn{}
	if n := testing.AllocsPerRun(100, func() { kept = Conn(tcp) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

var kept net.Conn
