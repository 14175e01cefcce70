package server

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
)

func TestServer_carries_an_event_to_the_app_and_its_ack_back(t *testing.T) {
	r := start(t, func(o *Options) { o.Connect = "app" })
	w := r.work(`["connect"]`)
	entered := make(chan *client)
	go func() { entered <- r.connect() }()
	id, params := w.expect("connect")
	if params["namespace"] != "/" {
		t.Errorf("connect: %v", params)
	}
	w.answer(id, `{"user":"anna","rooms":["a"]}`)
	c := <-entered
	c.send(`4217["add",1,2]`)
	id, params = w.expect("event")
	if params["event"] != "add" || params["user"] != "anna" {
		t.Errorf("event: %v", params)
	}
	w.answer(id, `[3]`)
	c.expect(`4317[3]`)
	w.request("emit", `{"namespace":"/","event":"news","args":["x"],"to":["a"]}`)
	w.expect("")
	c.expect(`42["news","x"]`)
}

func TestShutdown_closes_sessions_and_tells_the_app_why(t *testing.T) {
	r := start(t, func(*Options) {})
	w := r.work(`["disconnect"]`)
	c := r.connect()
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()

	id, params := w.expect("disconnect")
	if got, want := params["reason"], "server shutting down"; got != want {
		t.Errorf("reason %q, want %q", got, want)
	}
	w.answer(id, `null`)
	w.expect("bye")
	var closed *websocket.CloseError
	if _, _, err := c.ws.ReadMessage(); !errors.As(err, &closed) && !errors.Is(err, io.EOF) {
		t.Errorf("the client saw %v", err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestShutdown_does_not_wait_for_ever_for_an_app_that_is_stuck(t *testing.T) {
	r := start(t, func(o *Options) { o.ShutdownTimeout = 400 * time.Millisecond })
	w := r.work(`["disconnect"]`)
	r.connect()
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	w.expect("disconnect") // and no answer
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if log := r.log.text(); !strings.Contains(log, "not heard of everything") {
		t.Errorf("log: %s", log)
	}
}

func TestStop_has_a_budget_of_its_own(t *testing.T) {
	r := start(t, func(o *Options) { o.DrainDelay, o.ShutdownTimeout = time.Hour, time.Hour })
	w := r.work(`["disconnect"]`)
	r.connect()
	r.Stop(400 * time.Millisecond)
	w.expect("disconnect") // and no answer
	r.Stop(time.Hour)      // comes too late to count
	select {
	case err := <-r.done:
		r.done <- err
	case <-time.After(patience):
		t.Fatal("it goes on")
	}
}

func TestShutdown_finishes_a_request_under_way(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	upstream := app(t, func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-finish
		hello(w, r)
	})
	r := start(t, func(o *Options) { o.Upstream = []string{upstream} })
	answers := make(chan string)
	go func() { answers <- r.raw("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n") }()
	<-begun
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	r.awaitClosedPort()
	close(finish)
	if got := <-answers; !strings.HasSuffix(got, "the app has /slow") {
		t.Errorf("got %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// awaitClosedPort returns when the main port takes no connections any more.
func (r *running) awaitClosedPort() {
	r.t.Helper()
	for limit := time.Now().Add(patience); ; runtime.Gosched() {
		nc, err := net.Dial("tcp", r.Addr()[0].String())
		if err != nil {
			return
		}
		nc.Close()
		if time.Now().After(limit) {
			r.t.Fatal("the port stays open")
		}
	}
}

func TestShutdown_cuts_a_stream_without_an_end_and_cancels_the_app(t *testing.T) {
	cancelled := make(chan struct{})
	upstream := app(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "first\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(cancelled)
	})
	r := start(t, func(o *Options) {
		o.Upstream = []string{upstream}
		o.ShutdownTimeout = 400 * time.Millisecond
	})
	nc, err := net.Dial("tcp", r.Addr()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(nc, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
	in := bufio.NewReader(nc)
	for line := ""; !strings.Contains(line, "first"); {
		if line, err = in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	select {
	case <-cancelled:
	case <-time.After(patience):
		t.Error("the app still works for a client that was cut")
	}
	if log := r.log.text(); !strings.Contains(log, "requests were cut") {
		t.Errorf("log: %s", log)
	}
}

func TestShutdown_is_not_held_up_by_idle_clients(t *testing.T) {
	upstream := app(t, hello)
	r := start(t, func(o *Options) { o.Upstream = []string{upstream} })
	idle := &http.Client{Transport: &http.Transport{}, Timeout: patience}
	for _, path := range []string{"/", "/socket.io/?EIO=4&transport=polling"} {
		resp, err := idle.Get(r.base + path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	begin := time.Now()
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > r.options.ShutdownTimeout/2 {
		t.Errorf("took %v", took)
	}
}

func TestShutdown_is_not_held_up_by_who_connects_and_says_nothing(t *testing.T) {
	r := start(t, func(*Options) {})
	nc, err := net.Dial("tcp", r.Addr()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = get(t, r.base+"/") // behind it in the accept loop
	begin := time.Now()
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > r.options.ShutdownTimeout/2 {
		t.Errorf("took %v", took)
	}
	_ = nc.SetDeadline(time.Now().Add(patience))
	if n, err := nc.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("read %d bytes, %v", n, err)
	}
	if log := r.log.text(); strings.Contains(log, "requests were cut") {
		t.Errorf("log: %s", log)
	}
}

func TestShutdown_ends_the_connection_of_a_poll_that_waited(t *testing.T) {
	r := start(t, func(o *Options) { o.Connect = "open" })
	nc, err := net.Dial("tcp", r.Addr()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(patience))
	in := bufio.NewReader(nc)
	ask := func(request string) string {
		fmt.Fprint(nc, request)
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		return string(body)
	}
	const path = "/socket.io/?EIO=4&transport=polling"
	_, sid, _ := strings.Cut(ask("GET "+path+" HTTP/1.1\r\nHost: a\r\n\r\n"), `"sid":"`)
	sid, _, _ = strings.Cut(sid, `"`)
	ask("POST " + path + "&sid=" + sid + " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n40")
	poll := "GET " + path + "&sid=" + sid + " HTTP/1.1\r\nHost: a\r\n\r\n"
	ask(poll)
	fmt.Fprint(nc, poll) // waits, and is answered by the end
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		t.Errorf("the connection is still open: %v", err)
	}
}

func TestShutdown_drain_delay_goes_on_serving(t *testing.T) {
	r := start(t, func(o *Options) { o.DrainDelay = 500 * time.Millisecond; o.HealthPath = "/up" })
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	for get(t, r.base+"/up").status == http.StatusOK {
		runtime.Gosched()
	}
	r.connect() // new clients are still welcome
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestShutdown_leaves_nothing_behind(t *testing.T) {
	before := runtime.NumGoroutine()
	upstream := app(t, hello)
	r := start(t, func(o *Options) { o.Upstream = []string{upstream} })
	w := r.work(`["disconnect"]`)
	c := r.connect()
	if got := get(t, r.base+"/"); got.status != http.StatusOK {
		t.Errorf("got %+v", got)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	id, _ := w.expect("disconnect")
	w.answer(id, `null`)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	c.ws.Close()
	for limit := time.Now().Add(patience); ; runtime.Gosched() {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if runtime.NumGoroutine() <= before+2 { // the upstream's own: accept loop and a connection
			return
		}
		if time.Now().After(limit) {
			t.Fatalf("goroutines are left:\n%s", stacks)
		}
	}
}
