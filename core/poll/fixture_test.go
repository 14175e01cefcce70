package poll

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// patience bounds every wait of a test; it passes only when something is broken.
const patience = time.Minute

// handlerFunc is a Handler for tests.
type handlerFunc func(Event)

func (f handlerFunc) Ready(e Event) { f(e) }

// startPoller runs a Poller until the test ends, and checks then that it left no goroutine.
func startPoller(tb testing.TB, cfg Config) *Poller {
	tb.Helper()
	p := newPoller(tb, cfg)
	stop := run(tb, p)
	tb.Cleanup(stop)
	return p
}

func newPoller(tb testing.TB, cfg Config) *Poller {
	tb.Helper()
	p, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// run starts p.Run and returns what stops it, waits for it and looks for what it left behind.
func run(tb testing.TB, p *Poller) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	return func() {
		tb.Helper()
		cancel()
		if err := receive(tb, done); err != nil {
			tb.Errorf("Run: %v", err)
		}
		noGoroutines(tb)
	}
}

// noGoroutines fails when goroutines of the package outlive Run. The last instructions of a goroutine
// that has reported its end may still be running, hence the patience.
func noGoroutines(tb testing.TB) {
	tb.Helper()
	var left []string
	for end := time.Now().Add(patience); time.Now().Before(end); runtime.Gosched() {
		left = left[:0]
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		for stack := range bytes.SplitSeq(stacks, []byte("\n\n")) {
			s := string(stack)
			if strings.Contains(s, "(*pool).work") || strings.Contains(s, "(*source).") ||
				strings.Contains(s, "(*Poller).Run") {
				left = append(left, s)
			}
		}
		if len(left) == 0 {
			return
		}
	}
	tb.Errorf("goroutines left after Run:\n%s", strings.Join(left, "\n\n"))
}

func receive[T any](tb testing.TB, ch <-chan T) T {
	tb.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		tb.Fatal("nothing came")
		panic("unreachable")
	}
}

// eventually waits for a condition that nothing announces.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for end := time.Now().Add(patience); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			tb.Fatalf("never: %s", what)
		}
	}
}

// networks are the kinds of sockets every behaviour is tested on.
var networks = []string{"tcp", "unix"}

func onEachNetwork(t *testing.T, f func(t *testing.T, network string)) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) { f(t, network) })
	}
}

func listen(tb testing.TB, network string) net.Listener {
	tb.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = filepath.Join(tb.TempDir(), "s")
	}
	ln, err := net.Listen(network, address)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = ln.Close() })
	return ln
}

func dial(tb testing.TB, ln net.Listener) net.Conn {
	tb.Helper()
	client, err := net.Dial(ln.Addr().Network(), ln.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = client.Close() })
	if err := client.SetDeadline(time.Now().Add(patience)); err != nil {
		tb.Fatal(err)
	}
	return client
}

// pair is a connected pair of sockets: the one to park, and its peer.
func pair(tb testing.TB, ln net.Listener) (server, client net.Conn) {
	tb.Helper()
	client = dial(tb, ln)
	server, err := ln.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = server.Close() })
	return server, client
}

// park adds one end of a new pair; calls of its handler go to the channel.
func park(tb testing.TB, p *Poller, network string) (c *Conn, client net.Conn, calls chan Event) {
	tb.Helper()
	server, client := pair(tb, listen(tb, network))
	calls = make(chan Event, 100)
	c, err := p.Add(server, handlerFunc(func(e Event) { calls <- e }))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c, client, calls
}

func arm(tb testing.TB, c *Conn, i Interest) {
	tb.Helper()
	if err := c.Arm(i); err != nil {
		tb.Fatal(err)
	}
}

func send(tb testing.TB, nc net.Conn, text string) {
	tb.Helper()
	if _, err := nc.Write([]byte(text)); err != nil {
		tb.Fatal(err)
	}
}

// readAll reads until the connection would block.
func readAll(tb testing.TB, c *Conn) string {
	tb.Helper()
	var all []byte
	for b := make([]byte, 5); ; {
		n, err := c.Read(b)
		all = append(all, b[:n]...)
		if err == ErrWouldBlock {
			return string(all)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// barrier returns when everything that happened to other connections before has been handled: on one
// set and one worker events keep their order.
func barrier(tb testing.TB, p *Poller) {
	tb.Helper()
	c, client, calls := park(tb, p, "unix")
	for range 3 {
		send(tb, client, "x")
		arm(tb, c, Read)
		receive(tb, calls)
		readAll(tb, c)
	}
}
