package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fasthttp"
)

func hello(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, "the app has "+r.RequestURI)
}

func TestServer_one_port_serves_clients_and_the_app(t *testing.T) {
	upstream := app(t, hello)
	r := start(t, func(o *Options) { o.Upstream = []string{upstream} })
	r.connect()
	for _, target := range []string{"/", "/a?b=c", "/socket.io", "/socket.iox/", "/socket%2eio/", "/x/../socket.io/"} {
		if got := r.raw("GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); !strings.HasSuffix(got, "the app has "+target) {
			t.Errorf("%s: %q", target, got)
		}
	}
	if got := get(t, r.base+"/socket.io/?EIO=5&transport=polling"); got.status != http.StatusBadRequest || !strings.Contains(got.body, `"code":5`) {
		t.Errorf("a revision we do not speak: %+v", got)
	}
	if got := get(t, r.base+"/socket.io/?EIO=4&transport=polling"); !strings.HasPrefix(got.body, `0{"sid"`) {
		t.Errorf("polling handshake: %+v", got)
	}
}

func TestServer_without_an_upstream_says_so(t *testing.T) {
	r := start(t, func(*Options) {})
	r.connect()
	if got := get(t, r.base+"/"); got.status != http.StatusNotFound || !strings.Contains(got.body, "no upstream") {
		t.Errorf("got %+v", got)
	}
}

func TestServer_another_path(t *testing.T) {
	r := start(t, func(o *Options) { o.Path = "/rt/" })
	if got := get(t, r.base+"/rt/?EIO=4&transport=polling"); got.status != http.StatusOK {
		t.Errorf("got %+v", got)
	}
	if got := get(t, r.base+"/socket.io/?EIO=4&transport=polling"); got.status != http.StatusNotFound {
		t.Errorf("got %+v", got)
	}
}

func TestServer_health(t *testing.T) {
	r := start(t, func(o *Options) { o.HealthPath = "/up" })
	r.connect()
	health := "http://" + r.HealthAddr().String()
	if got := get(t, health+"/health/live"); got.status != http.StatusOK || got.body != "ok\n" {
		t.Errorf("live: %+v", got)
	}
	ready := get(t, health+"/health/ready")
	var got report
	if err := json.Unmarshal([]byte(ready.body), &got); err != nil {
		t.Fatal(err)
	}
	want := report{Ready: true, Version: "1.2.3", Sessions: 1, Sockets: 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := get(t, health+"/"); got.status != http.StatusNotFound {
		t.Errorf("another path: %+v", got)
	}
	if got := get(t, r.base+"/up?x"); got.status != http.StatusOK || got.body != "ok\n" {
		t.Errorf("main port: %+v", got)
	}
	if got := get(t, r.base+"/health/ready"); got.status != http.StatusNotFound {
		t.Errorf("the report is on the main port: %+v", got)
	}
	r.ready.Store(false)
	if got := get(t, health+"/health/ready"); got.status != http.StatusServiceUnavailable {
		t.Errorf("ready while stopping: %+v", got)
	}
	if got := get(t, r.base+"/up"); got.status != http.StatusServiceUnavailable {
		t.Errorf("main port while stopping: %+v", got)
	}
	if got := get(t, health+"/health/live"); got.status != http.StatusOK {
		t.Errorf("live while stopping: %+v", got)
	}
}

func TestServer_a_taken_port_is_an_error_at_once(t *testing.T) {
	r := start(t, func(*Options) {})
	for _, option := range []string{"listen", "health_listen", "socket"} {
		o := r.options
		o.Listen, o.HealthListen, o.Socket = []string{"127.0.0.1:0"}, "", filepath.Join(t.TempDir(), "s")
		switch option {
		case "listen":
			o.Listen = append(o.Listen, r.Addr()[0].String())
		case "health_listen":
			o.HealthListen = r.HealthAddr().String()
		case "socket":
			o.Socket = r.options.Socket
		}
		s, err := New(o, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		err = s.Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), option) {
			t.Errorf("%s: got %v", option, err)
		}
		if option != "socket" && !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("%s: got %v", option, err)
		}
		if nc, err := net.Dial("tcp", s.ports[0].Addr().String()); err == nil {
			nc.Close()
			t.Errorf("%s: the other port stayed open", option)
		}
	}
}

func TestServer_listens_on_a_socket_file_and_removes_it(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web.sock")
	stale, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	stale.(*net.UnixListener).SetUnlinkOnClose(false)
	stale.Close()
	r := start(t, func(o *Options) { o.Listen = append(o.Listen, "unix:"+path) })
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	resp, err := (&http.Client{Transport: transport, Timeout: patience}).Get("http://x/socket.io/?EIO=4&transport=polling")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	transport.CloseIdleConnections()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, r.options.Socket} {
		if _, err := os.Lstat(p); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", p, err)
		}
	}
}

func TestListen_does_not_remove_what_is_no_socket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open("unix:"+path, "listen"); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("got %v", err)
	}
}

func TestServer_a_body_that_nobody_read_is_not_the_next_request(t *testing.T) {
	upstream := app(t, hello)
	r := start(t, func(o *Options) { o.Upstream = []string{upstream}; o.HealthPath = "/up" })
	const smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	for _, target := range []string{"/up", "/socket.io/socket.io.js", "/socket.io/?EIO=4&transport=nonsense"} {
		filler := strings.Repeat("x", 64<<10)
		got := r.raw("POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: " +
			count(len(filler)+len(smuggled)) + "\r\n\r\n" + filler + smuggled)
		if strings.Contains(got, "smuggled") || strings.Count(got, "HTTP/1.1 ") != 1 {
			t.Errorf("%s: %q", target, got)
		}
	}
}

func TestServer_a_panic_costs_one_request(t *testing.T) {
	r := start(t, func(*Options) {})
	var ctx fasthttp.RequestCtx
	func() {
		defer r.recoverRequest(&ctx)
		panic("a fault")
	}()
	if ctx.Response.StatusCode() != http.StatusInternalServerError || !ctx.Response.ConnectionClose() {
		t.Errorf("got %s", &ctx.Response)
	}
	if log := r.log.text(); !strings.Contains(log, "a fault") || !strings.Contains(log, "server_test.go") {
		t.Errorf("no stack in the log: %s", log)
	}
}
