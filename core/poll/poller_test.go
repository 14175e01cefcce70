package poll

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
)

func TestArm_owes_one_call(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		p := startPoller(t, Config{Workers: 1})
		c, client, calls := park(t, p, network)
		send(t, client, "early")
		barrier(t, p)
		if len(calls) != 0 {
			t.Fatal("called before Arm")
		}
		arm(t, c, Read)
		if e := receive(t, calls); e != Readable {
			t.Fatalf("got %v, want Readable", e)
		}
		send(t, client, ", late")
		barrier(t, p)
		if len(calls) != 0 {
			t.Fatal("called a second time without Arm")
		}
		arm(t, c, Read)
		receive(t, calls)
		eventually(t, "all bytes", func() bool { return readAll(t, c) == "" || len(calls) == 0 })
	})
}

func TestArm_calls_again_while_bytes_are_unread(t *testing.T) {
	p := startPoller(t, Config{})
	c, client, calls := park(t, p, "tcp")
	send(t, client, "abcdef")
	for range 3 {
		arm(t, c, Read)
		receive(t, calls)
		if n, err := c.Read(make([]byte, 2)); n != 2 || err != nil {
			t.Fatal(n, err)
		}
	}
}

func TestEvent_during_a_call_is_not_lost(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		p := startPoller(t, Config{})
		server, client := pair(t, listen(t, network))
		entered, leave, got := make(chan struct{}), make(chan struct{}), make(chan string, 10)
		var c *Conn
		c, err := p.Add(server, handlerFunc(func(Event) {
			got <- readAll(t, c)
			entered <- struct{}{}
			<-leave
			_ = c.Arm(Read) // the last time it may be closed already
		}))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		arm(t, c, Read)
		for i := range 50 {
			text := fmt.Sprint("message ", i)
			send(t, client, text)
			if i > 0 {
				leave <- struct{}{} // the event comes about when the handler arms and returns
			}
			receive(t, entered)
			if s := receive(t, got); s != text {
				t.Fatalf("got %q, want %q", s, text)
			}
		}
		close(leave)
	})
}

func TestReady_runs_one_call_at_a_time(t *testing.T) {
	p := startPoller(t, Config{Workers: 8})
	server, client := pair(t, listen(t, "tcp"))
	const total = 20000
	var running, calls atomic.Int32
	var received atomic.Int64
	done := make(chan struct{})
	var c *Conn
	c, err := p.Add(server, handlerFunc(func(Event) {
		if running.Add(1) != 1 {
			t.Error("two calls at once")
		}
		calls.Add(1)
		arm(t, c, Read) // as early as possible: the next event may come while this call runs
		n, _ := c.Read(make([]byte, 64))
		finished := received.Add(int64(n)) == total && n > 0
		running.Add(-1)
		if finished {
			close(done)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	arm(t, c, Read)
	for range total / 10 {
		send(t, client, "0123456789")
		arm(t, c, Read) // from a foreign goroutine too
	}
	receive(t, done)
	t.Logf("%d calls", calls.Load())
}

func TestHangUp_is_seen_behind_unread_bytes(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		p := startPoller(t, Config{Workers: 1})
		c, client, calls := park(t, p, network)
		arm(t, c, 0)
		send(t, client, "unread")
		barrier(t, p)
		if len(calls) != 0 {
			t.Fatal("called for bytes, though armed for hang-up only")
		}
		if !c.Pending() {
			t.Error("no bytes pending")
		}
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		if e := receive(t, calls); e != HangUp {
			t.Errorf("got %v, want HangUp", e)
		}
		b := make([]byte, 100)
		if n, err := c.Read(b); string(b[:n]) != "unread" || err != nil {
			t.Errorf("read %q, %v", b[:n], err)
		}
		if c.Pending() {
			t.Error("bytes pending at the end")
		}
		if _, err := c.Read(b); err != io.EOF {
			t.Errorf("read at the end: %v", err)
		}
	})
}

func TestHangUp_after_half_close_leaves_writing_open(t *testing.T) {
	p := startPoller(t, Config{})
	c, client, calls := park(t, p, "tcp")
	arm(t, c, Read)
	if err := client.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if e := receive(t, calls); e != Readable|HangUp {
		t.Errorf("got %v, want Readable and HangUp", e)
	}
	if _, err := c.Write([]byte("answer")); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(client); string(b) != "answer" || err != nil {
		t.Errorf("client got %q, %v", b, err)
	}
}

func TestReset_is_reported(t *testing.T) {
	p := startPoller(t, Config{})
	c, client, calls := park(t, p, "tcp")
	arm(t, c, 0)
	if err := client.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if e := receive(t, calls); e&HangUp == 0 {
		t.Errorf("got %v, want HangUp", e)
	}
	var op *net.OpError
	if _, err := c.Read(make([]byte, 1)); !errors.As(err, &op) || op.Op != "read" {
		t.Errorf("got %v, want a read error", err)
	}
}

func TestArm_again_changes_the_interest(t *testing.T) {
	onEachNetwork(t, func(t *testing.T, network string) {
		p := startPoller(t, Config{Workers: 1})
		c, client, calls := park(t, p, network)
		arm(t, c, Read)
		arm(t, c, 0)
		send(t, client, "x")
		barrier(t, p)
		if len(calls) != 0 {
			t.Fatal("called for an interest that was taken back")
		}
		arm(t, c, Read)
		if e := receive(t, calls); e != Readable {
			t.Fatalf("got %v, want Readable", e)
		}
		arm(t, c, Write)
		if e := receive(t, calls); e != Writable {
			t.Fatalf("got %v, want Writable", e)
		}
		arm(t, c, Read|Write)
		if e := receive(t, calls); e&Readable == 0 {
			t.Fatalf("got %v, want Readable at least", e)
		}
	})
}

func TestArm_before_Run_is_kept(t *testing.T) {
	p := newPoller(t, Config{})
	ready, client, calls := park(t, p, "tcp")
	send(t, client, "x")
	arm(t, ready, Read)
	later, lateClient, lateCalls := park(t, p, "tcp")
	arm(t, later, Read)
	noGoroutines(t)
	defer run(t, p)()
	receive(t, calls)
	send(t, lateClient, "x")
	receive(t, lateCalls)
}

func TestRun_waits_for_running_handlers(t *testing.T) {
	p := newPoller(t, Config{})
	stop := run(t, p)
	server, client := pair(t, listen(t, "tcp"))
	entered, leave := make(chan struct{}), make(chan struct{})
	var left atomic.Bool
	c, err := p.Add(server, handlerFunc(func(Event) {
		close(entered)
		<-leave
		left.Store(true)
	}))
	if err != nil {
		t.Fatal(err)
	}
	arm(t, c, Read)
	send(t, client, "x")
	receive(t, entered)
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	close(leave)
	receive(t, stopped)
	if !left.Load() {
		t.Error("Run returned before the handler")
	}
	if err := c.Arm(Read | Write); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Errorf("Arm after Run: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("Close after Run: %v", err)
	}
}

func TestRun_leaves_armed_connections_open(t *testing.T) {
	p := newPoller(t, Config{})
	stop := run(t, p)
	c, client, _ := park(t, p, "tcp")
	arm(t, c, Read|Write)
	arm(t, c, Read)
	stop()
	nc := c.Release()
	send(t, client, "x")
	b := make([]byte, 1)
	if _, err := nc.Read(b); err != nil || b[0] != 'x' {
		t.Errorf("read %q, %v", b, err)
	}
}

func TestClose_ends_what_is_parked_and_takes_nothing_more(t *testing.T) {
	p := newPoller(t, Config{})
	stop := run(t, p)
	c, client, _ := park(t, p, "tcp")
	arm(t, c, Read)
	stop()
	p.Close()
	if n, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the client read %d bytes, %v", n, err)
	}
	if c.Release() != nil {
		t.Error("it can be released though it is closed")
	}
	server, _ := pair(t, listen(t, "tcp"))
	if _, err := p.Add(server, handlerFunc(func(Event) {})); !errors.Is(err, ErrClosed) {
		t.Errorf("Add: %v", err)
	}
}

func TestRun_twice_panics(t *testing.T) {
	p := newPoller(t, Config{})
	run(t, p)()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	_ = p.Run(t.Context())
}

func TestAdd_refuses_what_has_no_descriptor(t *testing.T) {
	p := newPoller(t, Config{})
	a, b := net.Pipe()
	defer func() { _ = a.Close(); _ = b.Close() }()
	if _, err := p.Add(a, nil); err == nil || !strings.Contains(err.Error(), "no descriptor") {
		t.Errorf("pipe: %v", err)
	}
	server, _ := pair(t, listen(t, "tcp"))
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Add(server, nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

func TestOnPanic_is_told_and_the_worker_goes_on(t *testing.T) {
	type report struct {
		c     *Conn
		value any
	}
	reports := make(chan report, 1)
	p := startPoller(t, Config{Workers: 1, OnPanic: func(c *Conn, v any) { reports <- report{c, v} }})
	server, client := pair(t, listen(t, "tcp"))
	c, err := p.Add(server, handlerFunc(func(Event) { panic("boom") }))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	send(t, client, "x")
	for range 2 {
		arm(t, c, Read)
		if r := receive(t, reports); r.c != c || r.value != "boom" {
			t.Fatalf("got %v", r)
		}
	}
	barrier(t, p)
}

func TestPanic_without_OnPanic_ends_the_process(t *testing.T) {
	const variable = "POLL_TEST_PANIC"
	if os.Getenv(variable) != "" {
		p := startPoller(t, Config{})
		server, _ := pair(t, listen(t, "unix"))
		c, err := p.Add(server, handlerFunc(func(Event) { panic("boom") }))
		if err != nil {
			t.Fatal(err)
		}
		arm(t, c, Read|Write)
		receive(t, make(chan struct{}))
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), variable+"=1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "panic: boom") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestWorkers_are_bounded_and_events_keep_their_order(t *testing.T) {
	const workers, conns = 2, 6
	p := startPoller(t, Config{Workers: workers})
	ln := listen(t, "tcp")
	entered, leave := make(chan int, conns), make(chan struct{})
	for i := range conns {
		server, client := pair(t, ln)
		c, err := p.Add(server, handlerFunc(func(Event) {
			entered <- i
			<-leave
		}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		send(t, client, "x")
		arm(t, c, Read)
		eventually(t, "one more runs or waits", func() bool {
			waiting, running := p.Load()
			return running == min(i+1, workers) && waiting == i+1-running
		})
	}
	if first := receive(t, entered) + receive(t, entered); first != 0+1 {
		t.Errorf("the first two were not served first")
	}
	for want := workers; want < conns; want++ {
		leave <- struct{}{}
		if got := receive(t, entered); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
	close(leave)
	eventually(t, "no worker is left", func() bool { _, n := p.Load(); return n == 0 })
}
