//go:build cgo

package main

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"realtime/core/server"
)

// version is that of the file VERSION; a build adds its commit (-ldflags "-X main.version=…").
var version = "0.1.0"

const (
	// maxDocument is the most bytes of a configuration that are looked at; more than it may have.
	maxDocument = 1<<20 + 1

	// slack is how much longer than its time a stop is waited for.
	slack = 2 * time.Second
)

// hosted are the servers of this process.
var hosted servers

// servers is the table of servers by handle.
//
// Concurrency: all methods may be called from any goroutine.
type servers struct {
	mu       sync.Mutex
	byHandle map[int]*host
	last     int
}

// host is one server and where it is in its life: made, started, ended.
type host struct {
	*server.Server
	life     context.Context // of Run
	end      context.CancelFunc
	patience time.Duration // for an end at its own pace

	mu      sync.Mutex
	started bool
	ended   chan struct{} // closed when Run has returned, or never will be called
	over    bool          // the same, under mu
	err     error         // of Run; set before ended is closed
}

// add makes a server and returns its handle.
func (t *servers) add(config string, environ []string) (int, error) {
	environ = slices.DeleteFunc(environ, func(v string) bool { return strings.HasPrefix(v, "PORT=") })
	settings, err := server.Load(server.Sources{Document: []byte(config), Environ: environ})
	if err != nil {
		return 0, fail(errConfig, "%v", err)
	}
	o := settings.Options()
	o.Version = version
	if err := o.PlaceSocket(); err != nil {
		return 0, fail(errConfig, "%v", err)
	}
	srv, err := server.New(o, o.NewLogger(os.Stderr))
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		return 0, fail(errSystem, "%v", err)
	}
	if err != nil {
		return 0, fail(errConfig, "%v", err)
	}
	h := &host{Server: srv, patience: o.DrainDelay + o.ShutdownTimeout, ended: make(chan struct{})}
	h.life, h.end = context.WithCancel(context.Background()) //nolint:forbidigo // rt_stop ends it
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byHandle == nil {
		t.byHandle = make(map[int]*host)
	}
	t.last++
	t.byHandle[t.last] = h
	return t.last, nil
}

func (t *servers) get(handle int) (*host, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.byHandle[handle]
	if h == nil {
		return nil, fail(errHandle, "there is no server %d", handle)
	}
	return h, nil
}

// start returns when the server listens.
func (t *servers) start(handle int) error {
	h, err := t.get(handle)
	if err != nil {
		return err
	}
	h.mu.Lock()
	again := h.started || h.over
	h.started = true
	h.mu.Unlock()
	if again {
		return fail(errState, "server %d was started, or stopped, before", handle)
	}
	go h.run()
	select {
	case <-h.Listening():
	case <-h.ended:
		if !h.listened() { // and not stopped by another thread since
			return fail(errListen, "%v", h.err)
		}
	}
	h.Announce()
	return nil
}

// run is the server's life.
func (h *host) run() {
	_, err := guarded(func() (int, error) { return 0, h.Run(h.life) })
	h.finish(err)
}

// finish notes that the server is over.
func (h *host) finish(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		return
	}
	h.over, h.err = true, err
	close(h.ended)
}

// stop ends the server: within timeout, or at its own pace if that is negative.
func (t *servers) stop(handle int, timeout time.Duration) error {
	h, err := t.get(handle)
	if err != nil {
		return err
	}
	if h.neverRuns() {
		h.Discard()
		return nil
	}
	if timeout < 0 {
		timeout = h.patience
		h.end()
	} else {
		h.Stop(timeout)
	}
	select {
	case <-h.ended:
		if !h.listened() {
			return nil // why was start's to say
		}
		return h.err
	case <-time.After(timeout + slack):
		return fail(errTimeout, "server %d has not ended within %s", handle, timeout)
	}
}

// listened reports whether the server's ports were ever open.
func (h *host) listened() bool {
	select {
	case <-h.Listening():
		return true
	default:
		return false
	}
}

// neverRuns ends a server that was not started, and reports whether it was so.
func (h *host) neverRuns() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.started || h.over {
		return false
	}
	h.over = true
	close(h.ended)
	return true
}

// remove forgets a server that does not run.
func (t *servers) remove(handle int) error {
	h, err := t.get(handle)
	if err != nil {
		return err
	}
	if h.neverRuns() {
		h.Discard()
	}
	select {
	case <-h.ended:
	default:
		return fail(errState, "server %d runs: stop it first", handle)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byHandle, handle)
	return nil
}

// address is where the server listens, by the order of the option.
func (t *servers) address(handle, index int) (string, error) {
	h, err := t.running(handle)
	if err != nil {
		return "", err
	}
	addrs := h.Addr()
	if index < 0 || index >= len(addrs) {
		return "", fail(errArgument, "server %d listens at %d addresses, counted from 0; there is no %d", handle, len(addrs), index)
	}
	if unix, ok := addrs[index].(*net.UnixAddr); ok {
		return "unix:" + unix.Name, nil
	}
	return addrs[index].String(), nil
}

// connect opens a connection of the app and returns the host's descriptor of it.
func (t *servers) connect(handle int) (int, error) {
	h, err := t.running(handle)
	if err != nil {
		return 0, err
	}
	fd, ours, err := pair()
	if err != nil {
		return 0, fail(errSystem, "no pair of sockets: %v", err)
	}
	if h.TakeApp(ours) {
		return fd, nil
	}
	closeDescriptor(fd)
	if _, err := t.running(handle); err != nil {
		return 0, err
	}
	return 0, fail(errBusy, "server %d has as many connections of the app as max_workers allows, or is stopping", handle)
}

// running is the server, if it listens and has not ended.
func (t *servers) running(handle int) (*host, error) {
	h, err := t.get(handle)
	if err != nil {
		return nil, err
	}
	select {
	case <-h.ended:
		return nil, fail(errState, "server %d has ended", handle)
	default:
	}
	if !h.listened() {
		return nil, fail(errState, "server %d does not run yet", handle)
	}
	return h, nil
}
