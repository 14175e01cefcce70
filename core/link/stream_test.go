package link

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"realtime/core/hub"
	"realtime/core/protocol/rpc"
)

func TestHeartbeat_two_misses_close(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		begin := time.Now()
		ours, theirs := net.Pipe()
		go l.ServeConn(theirs)
		hello := rpc.Frame{Kind: rpc.Request, ID: 1, Method: "hello", Params: pack(m{"protocol": []int{1, 1}, "role": "emitter"})}
		go func() { _, _ = ours.Write(hello.Append(nil)) }()
		for _, want := range []string{"", "ping", "ping", "bye"} {
			f, err := readFrame(ours)
			if err != nil || f.Method != want {
				t.Fatalf("got %q, %v, want %q", f.Method, err, want)
			}
		}
		if waited := time.Since(begin); waited != 3*DefaultHeartbeat {
			t.Errorf("ended after %s", waited)
		}
		ours.Close()
	})
}

func TestHeartbeat_any_byte_is_a_sign_of_life(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := connectApp(t, l) // which answers pings
		a.greet("emitter", nil)
		pass(20 * DefaultHeartbeat)
		a.result("ping", m{})
	})
}

func TestGarbage_costs_its_own_connection_and_one_line(t *testing.T) {
	ping := rpc.Frame{Kind: rpc.Request, ID: 1, Method: "ping", Params: pack(m{})}.Append(nil)
	for name, bad := range map[string][]byte{
		"http":         []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"zero length":  {0, 0, 0, 0},
		"bad msgpack":  {0, 0, 0, 1, 0xc1},
		"lying array":  {0, 0, 0, 5, 0xdd, 0xff, 0xff, 0xff, 0xf0},
		"wrong shape":  {0, 0, 0, 1, 0x90},
		"bytes behind": append([]byte{0, 0, 0, byte(len(ping) - 3)}, append(bytes.Clone(ping[4:]), 0xc0)...),
	} {
		t.Run(name, func(t *testing.T) {
			logger, out := logged()
			in(t, Config{Logger: logger}, func(t *testing.T, l *Link, _ *fakeHub) {
				other, a := handler(t, l, m{}), handler(t, l, m{"namespaces": []string{"/x"}})
				a.sendRaw(bad)
				if reason := a.closed(); !strings.Contains(reason, "frame") {
					t.Errorf("bye: %q", reason)
				}
				other.result("ping", m{})
			})
			if n := strings.Count(out.String(), "\n"); n != 1 {
				t.Errorf("%d lines: %s", n, out)
			}
		})
	}
}

func TestPanic_ends_its_connection_only(t *testing.T) {
	logger, out := logged()
	in(t, Config{Logger: logger}, func(t *testing.T, l *Link, h *fakeHub) {
		h.set = func(string, []byte, *string) error { panic("broken invariant") }
		other, a := handler(t, l, m{}), handler(t, l, m{})
		a.ask("set", m{"socket": "s"})
		a.closed()
		other.result("ping", m{})
	})
	if !strings.Contains(out.String(), "broken invariant") {
		t.Errorf("log: %s", out)
	}
}

func TestBacklog_publishers_are_not_read_meanwhile_others_are(t *testing.T) {
	free := make(chan struct{})
	in(t, Config{WaitBacklog: func(ctx context.Context) {
		select {
		case <-free:
		case <-ctx.Done():
		}
	}}, func(t *testing.T, l *Link, h *fakeHub) {
		free = make(chan struct{})
		a, b := connectApp(t, l), connectApp(t, l)
		a.greet("emitter", nil)
		b.greet("emitter", nil)
		id := a.ask("emit", m{"event": "e"})
		b.result("count", m{})
		pass(10 * DefaultHeartbeat) // being held is not being silent
		a.silent()
		close(free)
		a.response(id)
		if h.emitted() != "e" {
			t.Errorf("got %q", h.emitted())
		}
	})
}

// The peer never reads. What it asks for is answered all the same until the limit, the sidecar
// goes on reading, and then the connection ends.
func TestStall_a_peer_that_does_not_read_is_ended(t *testing.T) {
	logger, out := logged()
	in(t, Config{Logger: logger, StallBytes: 1000}, func(t *testing.T, l *Link, _ *fakeHub) {
		begin := time.Now()
		ours, theirs := net.Pipe()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			l.ServeConn(theirs)
		}()
		wire := rpc.Frame{Kind: rpc.Request, ID: 1, Method: "hello", Params: pack(m{"protocol": []int{1, 1}, "role": "emitter"})}.Append(nil)
		ping := rpc.Frame{Kind: rpc.Request, ID: 1, Method: "ping", Params: pack(m{})}
		for range 150 {
			wire = ping.Append(wire)
		}
		if _, err := ours.Write(wire); err != nil {
			t.Fatalf("the sidecar stopped reading: %v", err)
		}
		<-ended
		if waited := time.Since(begin); waited < DefaultStallTime || waited > DefaultStallTime+2*writeTurn {
			t.Errorf("ended after %s", waited)
		}
		ours.Close()
	})
	if countLines(out, "does not read") != 1 {
		t.Errorf("log: %s", out)
	}
}

func TestStall_far_too_much_ends_it_at_once(t *testing.T) {
	in(t, Config{StallBytes: 1000}, func(t *testing.T, l *Link, _ *fakeHub) {
		begin := time.Now()
		ours, theirs := net.Pipe()
		go func() {
			wire := rpc.Frame{Kind: rpc.Request, ID: 1, Method: "hello", Params: pack(m{"protocol": []int{1, 1}, "role": "emitter"})}.Append(nil)
			for range 600 {
				wire = rpc.Frame{Kind: rpc.Request, ID: 1, Method: "ping", Params: pack(m{})}.Append(wire)
			}
			_, _ = ours.Write(wire)
		}()
		l.ServeConn(theirs)
		if time.Since(begin) != 0 {
			t.Errorf("ended after %s", time.Since(begin))
		}
		ours.Close()
	})
}

func TestStream_frames_in_pieces_of_every_size(t *testing.T) {
	var wire []byte
	var want [][]byte
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 4091, 4092, 4093, 65_531, 65_532, 65_533, 3, 300_000, 1, 1} {
		body := bytes.Repeat([]byte{byte(n)}, n)
		want = append(want, body)
		wire = append(append(wire, byte(n>>24), byte(n>>16), byte(n>>8), byte(n)), body...)
	}
	for range 20 {
		ours, theirs := net.Pipe()
		go func(rest []byte) {
			for len(rest) > 0 {
				n := min(1+random.IntN(70_000), len(rest))
				_, _ = ours.Write(rest[:n])
				rest = rest[n:]
			}
			ours.Close()
		}(wire)
		s := stream{nc: theirs, wait: time.Hour}
		var got [][]byte // kept until the end: memory must not be used twice
		for range want {
			body, err := s.next(1 << 20)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, body)
		}
		for i := range want {
			if !bytes.Equal(got[i], want[i]) {
				t.Fatalf("frame %d differs", i)
			}
		}
		if _, err := s.next(1); !isGone(err) {
			t.Fatalf("at the end: %v", err)
		}
	}
}

func TestStream_a_length_that_lies_costs_its_sender_as_much(t *testing.T) {
	ours, theirs := net.Pipe()
	go func() {
		_, _ = ours.Write([]byte{0, 0xff, 0xff, 0xff, 1, 2, 3})
		ours.Close()
	}()
	s := stream{nc: theirs, wait: time.Hour}
	if _, err := s.next(rpc.MaxFrame); err == nil {
		t.Fatal("a frame came of it")
	}
	if cap(s.chunk) > lastChunk {
		t.Errorf("%d bytes of memory for 7", cap(s.chunk))
	}
}

// Over a real Unix socket both sides send more than all buffers hold before either looks at an
// answer.
func TestDeadlock_both_directions_full(t *testing.T) {
	l, h := start(t, Config{Socket: filepath.Join(t.TempDir(), "s")})
	a := dial(t, l)
	a.greet("handler", m{"window": 20_000})
	payload := strings.Repeat("x", 200)
	const n = 10_000
	go func() {
		for range n {
			l.takeEvent(newSocket("/"), event("e", payload))
		}
	}()
	for range n {
		a.notify("emit", m{"event": "e", "args": []string{payload}})
	}
	for range n {
		a.answer(a.want("event"), nil)
	}
	a.result("ping", m{})
	if got := strings.Count(h.emitted(), "e"); got != n {
		t.Errorf("%d emits of %d", got, n)
	}
}

func TestServe_ends_though_a_copy_of_the_socket_lives(t *testing.T) {
	l, _ := start(t, Config{})
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	nc := func(fd int) net.Conn {
		file := os.NewFile(uintptr(fd), "end")
		defer file.Close()
		c, err := net.FileConn(file)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	duplicate, err := syscall.Dup(ends[1]) // as a forked child has
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(duplicate)
	ours, theirs := nc(ends[0]), nc(ends[1])
	defer ours.Close()
	if !l.Take(theirs) {
		t.Fatal("not taken")
	}
	_, _ = ours.Write(make([]byte, 4)) // no frame: answered by a bye and the end
	_ = ours.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.Copy(io.Discard, ours); err != nil {
		t.Errorf("no end: %v", err)
	}
}

func TestWorker_memory_is_flat_under_garbage(t *testing.T) {
	l, _ := start(t, Config{Socket: filepath.Join(t.TempDir(), "s")})
	heap := func() uint64 {
		var st runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&st)
		return st.HeapAlloc
	}
	random := rand.New(rand.NewPCG(3, 4))
	junk := make([]byte, 10_000)
	once := func() {
		nc, err := net.Dial("unix", l.cfg.Socket)
		if err != nil {
			t.Fatal(err)
		}
		for i := range junk {
			junk[i] = byte(random.Uint32())
		}
		junk[0], junk[1], junk[2] = 0, 0, 0x10 // a frame that is all there
		_, _ = nc.Write(junk)
		_, _ = io.Copy(io.Discard, nc)
		nc.Close()
	}
	for range 50 {
		once()
	}
	before := heap()
	for range 500 {
		once()
	}
	if after := heap(); after > before+2<<20 {
		t.Errorf("heap grew from %d to %d", before, after)
	}
}

func TestMemory_forgets_by_count_and_age(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := newMemory[int](3, time.Minute)
		for i, id := range []string{"a", "b", "c", "d"} {
			if !mem.add(id, i) {
				t.Errorf("%s is not new", id)
			}
		}
		if mem.has("a") || !mem.has("d") || mem.add("d", 9) {
			t.Error("the oldest is not forgotten, or the newest is")
		}
		if v, ok := mem.take("b"); v != 1 || !ok {
			t.Errorf("got %d, %v", v, ok)
		}
		pass(time.Minute)
		if mem.has("d") || mem.len() != 0 {
			t.Error("age is not looked at")
		}
		for i := range 10_000 { // taken at once: the order must not grow
			mem.add("x", i)
			mem.take("x")
		}
		if len(mem.order) > 20 {
			t.Errorf("%d marks for nothing", len(mem.order))
		}
	})
}

func BenchmarkEvent_round_trip(b *testing.B) {
	l := New(Config{})
	l.Bind(&fakeHub{})
	ours, theirs := net.Pipe()
	go l.ServeConn(theirs)
	hello := rpc.Frame{Kind: rpc.Request, ID: 1, Method: "hello", Params: pack(m{
		"protocol": []int{1, 1}, "role": "handler", "namespaces": []string{"/"},
	})}
	_, _ = ours.Write(hello.Append(nil))
	if _, err := readFrame(ours); err != nil {
		b.Fatal(err)
	}
	var answered atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			f, err := readFrame(ours)
			if err != nil {
				return
			}
			_, _ = ours.Write(rpc.Frame{Kind: rpc.Response, ID: f.ID, Result: pack([]any{})}.Append(nil))
			answered.Add(1)
		}
	}()
	s := newSocket("/")
	e := hub.Event{Name: "e", Args: pack([]string{"hello"}), Ack: 1, WantsAck: true}
	b.ReportAllocs()
	for b.Loop() {
		l.takeEvent(s, e)
		<-s.happened
	}
	ours.Close()
	<-done
}
