package poll

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"
)

func TestRead_and_Write_never_block(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		p := startPoller(t, Config{})
		c, client, calls := park(t, p, network)
		b := make([]byte, 10)
		for range 2 {
			if _, err := c.Read(b); err != ErrWouldBlock {
				t.Fatalf("Read of nothing: %v", err)
			}
		}
		if c.Pending() {
			t.Error("bytes pending")
		}
		if n, err := c.Read(nil); n != 0 || err != nil {
			t.Errorf("Read into nothing: %d, %v", n, err)
		}
		for _, n := range []func() (int, error){
			func() (int, error) { return c.Write([]byte("one ")) },
			func() (int, error) { return c.Write(nil) },
			func() (int, error) {
				n, err := c.Writev([][]byte{[]byte("two "), nil, {}, []byte("three")})
				return int(n), err
			},
			func() (int, error) { n, err := c.Writev([][]byte{nil, {}}); return int(n), err },
			func() (int, error) { n, err := c.Writev(nil); return int(n), err },
		} {
			if _, err := n(); err != nil {
				t.Fatal(err)
			}
		}
		got := make([]byte, 13)
		if _, err := io.ReadFull(client, got); err != nil || string(got) != "one two three" {
			t.Errorf("client got %q, %v", got, err)
		}
		send(t, client, "answer")
		arm(t, c, Read)
		receive(t, calls)
		if s := readAll(t, c); s != "answer" {
			t.Errorf("got %q", s)
		}
	})
}

// TestWritev_in_parts sends more than the kernel takes at once, and more buffers than one system call,
// to a peer that reads slowly.
func TestWritev_in_parts(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		p := startPoller(t, Config{})
		c, client, calls := park(t, p, network)
		var bufs [][]byte
		var want []byte
		random := rand.New(rand.NewPCG(1, 2))
		for len(want) < 8<<20 {
			b := make([]byte, random.IntN(4000))
			for i := range b {
				b[i] = byte(random.Uint32())
			}
			bufs = append(bufs, b)
			want = append(want, b...)
		}
		if len(bufs) <= MaxBuffers {
			t.Fatalf("only %d buffers", len(bufs))
		}
		result := make(chan []byte, 1)
		begin := make(chan struct{})
		go func() {
			var got []byte
			<-begin
			for b := make([]byte, 30000); ; {
				n, err := client.Read(b[:1+len(got)%len(b)])
				got = append(got, b[:n]...)
				if err != nil {
					result <- got
					return
				}
			}
		}()
		var full sync.Once
		blocked := writeAll(t, c, bufs, func() {
			full.Do(func() { close(begin) })
			arm(t, c, Write)
			if e := receive(t, calls); e != Writable {
				t.Fatalf("got %v, want Writable", e)
			}
		})
		if blocked == 0 {
			t.Error("never blocked")
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if got := receive(t, result); !bytes.Equal(got, want) {
			t.Errorf("%d bytes came, not the %d sent", len(got), len(want))
		}
	})
}

// writeAll writes bufs, waiting for room as often as needed, and returns how often that was.
func writeAll(tb testing.TB, c *Conn, bufs [][]byte, wait func()) (blocked int) {
	tb.Helper()
	for {
		n, err := c.Writev(bufs)
		for n > 0 && n >= int64(len(bufs[0])) {
			n -= int64(len(bufs[0]))
			bufs = bufs[1:]
		}
		switch err {
		case nil:
			return blocked
		case ErrWouldBlock:
			bufs[0] = bufs[0][n:]
			blocked++
			wait()
		default:
			tb.Fatal(err)
		}
	}
}

func TestWrite_reports_a_short_count(t *testing.T) {
	p := startPoller(t, Config{})
	c, client, calls := park(t, p, "unix")
	rest := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	size := len(rest)
	n, err := c.Write(rest)
	if n == 0 || n == size || err != ErrWouldBlock {
		t.Fatalf("wrote %d of %d, %v", n, size, err)
	}
	rest = rest[n:]
	if n, err := c.Write(rest); n != 0 || err != ErrWouldBlock {
		t.Fatalf("wrote %d, %v into a full socket", n, err)
	}
	arm(t, c, Write|Read)
	go func() { _, _ = io.CopyN(io.Discard, client, int64(size)) }()
	for len(rest) > 0 {
		receive(t, calls)
		n, err := c.Write(rest)
		rest = rest[n:]
		if err != nil && err != ErrWouldBlock {
			t.Fatal(err)
		}
		arm(t, c, Write)
	}
}

func TestWrite_to_a_peer_that_left(t *testing.T) {
	p := startPoller(t, Config{})
	c, client, calls := park(t, p, "unix")
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	var op *net.OpError
	if _, err := c.Write([]byte("x")); !errors.As(err, &op) || op.Op != "write" {
		t.Errorf("got %v, want a write error", err)
	}
	arm(t, c, Write)
	if e := receive(t, calls); e&HangUp == 0 {
		t.Errorf("got %v, want HangUp", e)
	}
}

func TestClose_in_the_handler(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		p := startPoller(t, Config{})
		server, client := pair(t, listen(t, network))
		closed := make(chan error, 1)
		var c *Conn
		c, err := p.Add(server, handlerFunc(func(Event) {
			arm(t, c, Read|Write)
			closed <- c.Close()
		}))
		if err != nil {
			t.Fatal(err)
		}
		arm(t, c, Read)
		send(t, client, "x")
		if err := receive(t, closed); err != nil {
			t.Fatal(err)
		}
		checkDead(t, c)
		if b, err := io.ReadAll(client); len(b) != 0 || err != nil && network == "tcp" && !isReset(err) {
			t.Errorf("client read %q, %v", b, err)
		}
	})
}

// isReset: a socket closed with unread bytes answers with a reset.
func isReset(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "read"
}

func TestRelease_gives_an_ordinary_connection_back(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		p := startPoller(t, Config{Workers: 1})
		server, client := pair(t, listen(t, network))
		if err := server.SetDeadline(time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		calls := make(chan Event, 10)
		c, err := p.Add(server, handlerFunc(func(e Event) { calls <- e }))
		if err != nil {
			t.Fatal(err)
		}
		arm(t, c, Read|Write)
		receive(t, calls)
		arm(t, c, 0)
		nc := c.Release()
		if nc != server {
			t.Fatalf("got %v back", nc)
		}
		checkDead(t, c)
		send(t, client, "hello")
		barrier(t, p)
		if len(calls) != 0 {
			t.Error("called after Release")
		}
		b := make([]byte, 5)
		if _, err := io.ReadFull(nc, b); err != nil || string(b) != "hello" {
			t.Errorf("read %q, %v", b, err)
		}
		again, err := p.Add(nc, handlerFunc(func(e Event) { calls <- e }))
		if err != nil {
			t.Fatal(err)
		}
		arm(t, again, Read)
		send(t, client, "again")
		receive(t, calls)
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// checkDead checks every method of a Conn that was closed or released.
func checkDead(tb testing.TB, c *Conn) {
	tb.Helper()
	_, read := c.Read(make([]byte, 1))
	_, write := c.Write([]byte("x"))
	_, writev := c.Writev([][]byte{[]byte("x")})
	for _, err := range []error{read, write, writev, c.Arm(0), c.Arm(Read | Write)} {
		if err != ErrClosed || !errors.Is(err, net.ErrClosed) {
			tb.Errorf("got %v, want ErrClosed", err)
		}
	}
	if c.Pending() {
		tb.Error("bytes pending on a dead connection")
	}
	if c.Release() != nil {
		tb.Error("released a dead connection")
	}
	if err := c.Close(); err != nil {
		tb.Errorf("second Close: %v", err)
	}
	if c.RemoteAddr() == nil {
		tb.Error("no address")
	}
}
