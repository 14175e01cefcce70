package link

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"realtime/core/hub"
	"realtime/core/protocol/rpc"
)

type m = map[string]any

// in runs a test in a bubble of fake time, with a running link.
func in(t *testing.T, cfg Config, f func(t *testing.T, l *Link, h *fakeHub)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l, h := start(t, cfg)
		f(t, l, h)
	})
}

// start runs a link until the test ends, and makes sure that all of it ends.
func start(t *testing.T, cfg Config) (*Link, *fakeHub) {
	t.Helper()
	h := &fakeHub{}
	if cfg.Boot == "" {
		cfg.Boot = "boot"
	}
	l := New(cfg)
	l.Bind(h)
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	h.stop = stop
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.conns) != 0 || len(l.workers) != 0 || l.handlers != 0 {
			t.Errorf("left over: %d connections, %d workers, %d handlers", len(l.conns), len(l.workers), l.handlers)
		}
	})
	return l, h
}

// frame is one frame as an app reads it.
type frame struct {
	rpc.Frame
	params m
}

// app is a process of the app, as small as can be.
type app struct {
	t      *testing.T
	nc     net.Conn
	frames chan frame // closed when the sidecar has closed
	write  sync.Mutex
	id     uint32
}

// connect opens a connection over a pipe.
func connectApp(t *testing.T, l *Link) *app {
	t.Helper()
	ours, theirs := net.Pipe()
	go l.ServeConn(theirs)
	return newApp(t, ours)
}

func newApp(t *testing.T, nc net.Conn) *app {
	a := &app{t: t, nc: nc, frames: make(chan frame, 4096)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(a.frames)
		a.readAll()
	}()
	t.Cleanup(func() {
		nc.Close()
		<-done
	})
	return a
}

func (a *app) readAll() {
	for {
		f, err := readFrame(a.nc)
		if err != nil {
			return
		}
		if f.Kind == rpc.Request && f.Method == rpc.MethodPing {
			a.answer(f, m{})
			continue
		}
		a.frames <- f
	}
}

func readFrame(r io.Reader) (frame, error) {
	var header [rpc.HeaderSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return frame{}, err
	}
	n, err := rpc.Length(header, rpc.MaxFrame)
	if err != nil {
		return frame{}, err
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return frame{}, err
	}
	f, err := rpc.Parse(body)
	if err != nil {
		return frame{}, err
	}
	out := frame{Frame: f}
	if f.Params != nil {
		out.params = unpack(f.Params).(m)
	}
	return out, nil
}

func pack(v any) []byte {
	var b bytes.Buffer
	e := msgpack.NewEncoder(&b)
	e.UseCompactInts(true)
	e.SetSortMapKeys(true)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func unpack(b []byte) any {
	if b == nil {
		return nil
	}
	var v any
	if err := msgpack.Unmarshal(b, &v); err != nil {
		panic(err)
	}
	return v
}

// pass lets time go by, in a bubble.
func pass(d time.Duration) { <-time.After(d) }

// shown makes values of different number types comparable.
func shown(v any) string { return fmt.Sprint(v) }

func (a *app) send(f rpc.Frame) { a.sendRaw(f.Append(nil)) }

func (a *app) sendRaw(b []byte) {
	a.write.Lock()
	defer a.write.Unlock()
	_, _ = a.nc.Write(b) // a connection that is gone shows in what is read
}

func (a *app) ask(method string, params m) uint32 {
	a.id++
	a.send(rpc.Frame{Kind: rpc.Request, ID: a.id, Method: method, Params: pack(params)})
	return a.id
}

func (a *app) notify(method string, params m) {
	a.send(rpc.Frame{Kind: rpc.Notification, Method: method, Params: pack(params)})
}

func (a *app) answer(f frame, result any) {
	a.send(rpc.Frame{Kind: rpc.Response, ID: f.ID, Result: pack(result)})
}

func (a *app) fail(f frame, e m) {
	a.send(rpc.Frame{Kind: rpc.Response, ID: f.ID, Error: pack(e), Result: pack(nil)})
}

// next returns the next frame.
func (a *app) next() frame {
	a.t.Helper()
	select {
	case f, ok := <-a.frames:
		if !ok {
			a.t.Fatal("the connection was closed")
		}
		return f
	case <-time.After(2 * time.Hour): // fake time, or a hopeless case
		a.t.Fatal("no frame")
	}
	panic("unreachable")
}

// want returns the next frame, which must be a request or notification of this method.
func (a *app) want(method string) frame {
	a.t.Helper()
	f := a.next()
	if f.Method != method {
		a.t.Fatalf("got %s %q %v, want %q", f.Kind, f.Method, f.params, method)
	}
	return f
}

// result asks and returns the answer, which must be a success.
func (a *app) result(method string, params m) any {
	a.t.Helper()
	f := a.response(a.ask(method, params))
	if f.Error != nil {
		a.t.Fatalf("%s: %v", method, unpack(f.Error))
	}
	return unpack(f.Result)
}

// refused asks and returns the code of the answer, which must be an error.
func (a *app) refused(method string, params m) string {
	a.t.Helper()
	f := a.response(a.ask(method, params))
	if f.Error == nil {
		a.t.Fatalf("%s: got %v, want an error", method, unpack(f.Result))
	}
	return unpack(f.Error).(m)["code"].(string)
}

func (a *app) response(id uint32) frame {
	a.t.Helper()
	f := a.next()
	if f.Kind != rpc.Response || f.ID != id {
		a.t.Fatalf("got %s %d %q, want response %d", f.Kind, f.ID, f.Method, id)
	}
	return f
}

// closed waits for the end of the connection, past frames included.
func (a *app) closed() (reason string) {
	for f := range a.frames {
		if f.Method == rpc.MethodBye {
			reason, _ = f.params["reason"].(string)
		}
	}
	return reason
}

// silent fails if anything has come.
func (a *app) silent() {
	a.t.Helper()
	synctest.Wait()
	select {
	case f, ok := <-a.frames:
		a.t.Fatalf("got %s %q %v (open: %v), want nothing", f.Kind, f.Method, f.params, ok)
	default:
	}
}

// handler connects a worker.
func handler(t *testing.T, l *Link, more m) *app {
	t.Helper()
	a := connectApp(t, l)
	a.greet("handler", more)
	return a
}

func (a *app) greet(role string, more m) m {
	a.t.Helper()
	hello := m{"protocol": []int{1, 1}, "role": role, "namespaces": []string{"/"}, "window": 8, "app": "test"}
	for k, v := range more {
		hello[k] = v
	}
	return a.result(rpc.MethodHello, hello).(m)
}

func event(name string, args ...any) hub.Event {
	if args == nil {
		args = []any{}
	}
	return hub.Event{Name: name, Args: pack(args)}
}

func asking(name string, ack uint64) hub.Event {
	e := event(name)
	e.Ack, e.WantsAck = ack, true
	return e
}

// lines is a logger's output.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// logged returns a logger for warnings and errors, and what it has written.
func logged() (*slog.Logger, *lines) {
	out := new(lines)
	return slog.New(slog.NewTextHandler(out, &slog.HandlerOptions{Level: slog.LevelWarn})), out
}
