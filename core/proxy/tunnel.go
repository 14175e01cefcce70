package proxy

import (
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	// halfOpenTimeout ends a tunnel of which one direction has ended and the other is silent.
	halfOpenTimeout = 60 * time.Second
	// tunnelGrace is what both ends get at shutdown to say their last words.
	tunnelGrace = time.Second
)

// tunnels are the open ones.
type tunnels struct {
	mu     sync.Mutex
	open   map[*tunnel]struct{}
	closed bool
	wait   sync.WaitGroup // one for each reservation and each open tunnel
}

// tunnel is two connections joined: bytes go both ways untouched, and so does the end of each way.
// It has a goroutine for each direction, which holds a buffer only while bytes are there.
type tunnel struct {
	client, upstream net.Conn
	timeout          time.Duration // of one write
	finish           func()        // once, at the end

	mu       sync.Mutex
	halfOpen bool
}

// reserve announces a tunnel; start or cancel must follow. False: we are shutting down.
func (t *tunnels) reserve() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.wait.Add(1)
	return true
}

func (t *tunnels) cancel() { t.wait.Done() }

// start runs a reserved tunnel, beginning with what each side is owed: early goes to the app, answer
// to the client. It returns at once.
func (t *tunnels) start(tun *tunnel, early, answer []byte) {
	t.mu.Lock()
	closed := t.closed
	if !closed {
		if t.open == nil {
			t.open = make(map[*tunnel]struct{})
		}
		t.open[tun] = struct{}{}
	}
	t.mu.Unlock()
	if closed {
		tun.close()
		tun.finish()
		t.cancel()
		return
	}
	var both sync.WaitGroup
	both.Add(2)
	go func() {
		defer both.Done()
		tun.pump(tun.upstream, tun.client, early)
	}()
	go func() {
		tun.pump(tun.client, tun.upstream, answer)
		both.Done()
		both.Wait()
		tun.close()
		tun.finish()
		t.mu.Lock()
		delete(t.open, tun)
		t.mu.Unlock()
		t.wait.Done()
	}()
}

func (t *tunnels) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.open)
}

// shutdown ends all tunnels and waits for them: each end is told that nothing more comes, gets a
// moment to finish, and is then cut off.
func (t *tunnels) shutdown() {
	t.mu.Lock()
	t.closed = true
	all := make([]*tunnel, 0, len(t.open))
	for tun := range t.open {
		all = append(all, tun)
	}
	t.mu.Unlock()
	for _, tun := range all {
		_ = closeWrite(tun.upstream)
		_ = closeWrite(tun.client)
	}
	cut := time.AfterFunc(tunnelGrace, func() {
		for _, tun := range all {
			tun.close()
		}
	})
	defer cut.Stop()
	t.wait.Wait()
}

func (t *tunnel) close() {
	_ = t.client.Close()
	_ = t.upstream.Close()
}

// pump copies one direction: first what was held, then until src ends. An end is passed on; an error
// ends the whole tunnel.
func (t *tunnel) pump(dst, src net.Conn, held []byte) {
	if len(held) > 0 && t.write(dst, held) != nil {
		t.close()
		return
	}
	reader := newReadyReader(src)
	for {
		err := reader.each(func(b []byte) error { return t.write(dst, b) })
		if err == nil {
			t.renew(src)
			continue
		}
		if err == io.EOF && closeWrite(dst) == nil {
			t.endHalf(dst)
			return
		}
		t.close()
		return
	}
}

func (t *tunnel) write(dst net.Conn, b []byte) error {
	if t.timeout > 0 {
		if err := dst.SetWriteDeadline(time.Now().Add(t.timeout)); err != nil {
			return err
		}
	}
	_, err := dst.Write(b)
	return err
}

// endHalf gives the other direction, which is read from dst, its limit of silence.
func (t *tunnel) endHalf(dst net.Conn) {
	t.mu.Lock()
	t.halfOpen = true
	t.mu.Unlock()
	_ = dst.SetReadDeadline(time.Now().Add(halfOpenTimeout))
}

func (t *tunnel) renew(src net.Conn) {
	t.mu.Lock()
	halfOpen := t.halfOpen
	t.mu.Unlock()
	if halfOpen {
		_ = src.SetReadDeadline(time.Now().Add(halfOpenTimeout))
	}
}

// readyReader reads from a connection with a buffer that it holds only while there is something to
// read: an idle tunnel costs two goroutines and no buffer.
type readyReader struct {
	nc  net.Conn
	raw syscall.RawConn // nil when nc has no descriptor: then it reads in the ordinary way
}

func newReadyReader(nc net.Conn) readyReader {
	r := readyReader{nc: bare(nc)}
	if sc, ok := r.nc.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			r.raw = raw
		}
	}
	return r
}

// each waits for bytes, reads once and passes them to use.
func (r readyReader) each(use func([]byte) error) error {
	if r.raw == nil {
		buf := smallBuffers.Get().(*[smallBuffer]byte)
		defer smallBuffers.Put(buf)
		n, err := r.nc.Read(buf[:])
		if n > 0 {
			return use(buf[:n])
		}
		return err
	}
	var buf *[largeBuffer]byte
	var n int
	var readErr error
	err := r.raw.Read(func(fd uintptr) bool {
		buf = largeBuffers.Get().(*[largeBuffer]byte)
		for {
			n, readErr = syscall.Read(int(fd), buf[:])
			if readErr != syscall.EINTR {
				break
			}
		}
		if readErr == syscall.EAGAIN {
			largeBuffers.Put(buf)
			buf = nil
			return false
		}
		return true
	})
	if buf != nil {
		defer largeBuffers.Put(buf)
	}
	switch {
	case err != nil:
		return err
	case readErr != nil:
		return readErr
	case n == 0:
		return io.EOF
	}
	return use(buf[:n])
}
