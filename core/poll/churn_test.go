package poll

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// echo is the shape of a real owner: read what is there, answer, arm again.
type echo struct {
	conn   *Conn
	closed func()
}

var buffers = sync.Pool{New: func() any { return new([4096]byte) }}

func (h *echo) Ready(Event) {
	b := buffers.Get().(*[4096]byte)
	defer buffers.Put(b)
	for {
		n, err := h.conn.Read(b[:])
		if err == nil {
			_, err = h.conn.Write(b[:n])
		} else if err == ErrWouldBlock {
			err = h.conn.Arm(Read)
			if err == nil {
				return
			}
		}
		if err != nil {
			_ = h.conn.Close()
			h.closed()
			return
		}
	}
}

// serveEcho accepts until the listener closes.
func serveEcho(tb testing.TB, p *Poller, ln net.Listener, closed func()) {
	for {
		nc, err := ln.Accept()
		if err != nil {
			return
		}
		h := &echo{closed: closed}
		if h.conn, err = p.Add(nc, h); err != nil {
			tb.Error(err)
			return
		}
		if err := h.conn.Arm(Read); err != nil {
			tb.Error(err)
		}
	}
}

func TestChurn_of_2000_connections(t *testing.T) {
	const clients, generations, rounds = 500, 4, 3
	p := startPoller(t, Config{})
	ln := listen(t, "tcp")
	var closed atomic.Int32
	all := make(chan struct{})
	go serveEcho(t, p, ln, func() {
		if closed.Add(1) == clients*generations {
			close(all)
		}
	})
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			for g := range generations {
				if err := converse(ln.Addr(), fmt.Sprintf("client %d.%d", i, g), rounds); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	receive(t, all)
	eventually(t, "no worker is left", func() bool { _, n := p.Load(); return n == 0 })
}

// converse sends a text some times and expects it back.
func converse(addr net.Addr, text string, rounds int) error {
	nc, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		return err
	}
	defer func() { _ = nc.Close() }()
	got := make([]byte, len(text))
	for range rounds {
		if _, err := nc.Write([]byte(text)); err != nil {
			return err
		}
		if _, err := io.ReadFull(nc, got); err != nil {
			return err
		}
		if string(got) != text {
			return fmt.Errorf("sent %q, got %q", text, got)
		}
	}
	return nil
}

// TestClose_during_Read_on_reused_descriptors closes connections under their readers while new ones
// take over the numbers of their descriptors. A reader must never see what was sent to another
// connection, nor an event of it.
func TestClose_during_Read_on_reused_descriptors(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		p := startPoller(t, Config{})
		ln := listen(t, network)
		var wg sync.WaitGroup
		for lane := range 4 {
			wg.Go(func() {
				for round := range 100 {
					raceOnce(t, p, ln.Addr(), byte(lane*100+round))
				}
			})
		}
		go func() {
			for {
				nc, err := ln.Accept()
				if err != nil {
					return
				}
				go func() { _, _ = io.Copy(nc, nc); _ = nc.Close() }()
			}
		}()
		wg.Wait()
	})
}

// raceOnce parks a connection whose peer sends back what it gets, which is mark, reads it in the
// handler and in a second goroutine, and closes it meanwhile.
func raceOnce(tb testing.TB, p *Poller, addr net.Addr, mark byte) {
	nc, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		tb.Error(err)
		return
	}
	fill := make([]byte, 64)
	for i := range fill {
		fill[i] = mark
	}
	check := func(c *Conn) error {
		b := make([]byte, 256)
		n, err := c.Read(b)
		for _, x := range b[:n] {
			if x != mark {
				tb.Errorf("read %d on the connection of %d", x, mark)
			}
		}
		return err
	}
	var reads atomic.Int32
	enough := make(chan struct{})
	var c *Conn
	c, err = p.Add(nc, handlerFunc(func(Event) {
		_ = check(c)
		if reads.Add(1) == 2 {
			close(enough)
		}
		_, _ = c.Write(fill)
		_ = c.Arm(Read)
	}))
	if err != nil {
		tb.Error(err)
		return
	}
	if _, err := c.Write(fill); err != nil {
		tb.Error(err)
	}
	if err := c.Arm(Read); err != nil {
		tb.Error(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			switch check(c) {
			case nil:
				_, _ = c.Write(fill) // what was taken from the handler comes back
			case ErrClosed:
				return
			}
			runtime.Gosched()
		}
	}()
	receive(tb, enough)
	if err := c.Close(); err != nil {
		tb.Error(err)
	}
	receive(tb, ended)
}
