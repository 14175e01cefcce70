package engine_test

import (
	"bufio"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"realtime/core/engine"
)

func TestHandshake_has_exactly_five_keys(t *testing.T) {
	b := newBrowser(t, open(t, engine.Config{}, newEcho()))
	r := b.do("GET", polling, "")
	if got := r.header.Get("Content-Type"); got != "text/plain; charset=UTF-8" {
		t.Errorf("content type %q", got)
	}
	var keys map[string]any
	if err := json.Unmarshal([]byte(r.body[1:]), &keys); err != nil {
		t.Fatal(err)
	}
	delete(keys, "sid")
	want := `map[maxPayload:1e+06 pingInterval:25000 pingTimeout:20000 upgrades:[websocket]]`
	if got := fmt.Sprint(keys); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestHandshake_cookie_and_initial_packet(t *testing.T) {
	cfg := quiet
	cfg.Cookie, cfg.InitialPacket = "io", "hello"
	b := newBrowser(t, open(t, cfg, newEcho()))
	r := b.do("GET", polling, "")
	cookie := r.header.Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "io=") || !strings.HasSuffix(cookie, "; path=/; HttpOnly; SameSite=Lax") {
		t.Errorf("cookie %q", cookie)
	}
	if !strings.HasSuffix(r.body, "\x1e4hello") {
		t.Errorf("body %q", r.body)
	}
	ws, _ := b.dial("EIO=4&transport=websocket")
	if _, first, err := ws.ReadMessage(); err != nil || first[0] != '0' {
		t.Fatalf("%q, %v", first, err)
	}
	expect(t, ws, "4hello")
}

func TestPoll_binary_is_base64(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	sid := b.handshake()
	b.post(sid, "4text\x1ebAQIDBA==").wants(t, 200, "ok")
	b.poll(sid).wants(t, 200, "4text\x1ebAQIDBA==")
}

func TestPoll_large_answers_are_compressed(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	for _, c := range []struct {
		size         int // with the type's digit
		accept, want string
	}{
		{1023, "gzip, deflate", ""},
		{1024, "gzip, deflate", "gzip"},
		{1024, "deflate", "deflate"},
		{1024, "deflate, gzip;q=0.5", "deflate"},
		{1024, "gzip;q=0", ""},
		{1024, "br", ""},
	} {
		for _, waits := range []bool{false, true} {
			sid := b.handshake()
			message := "4" + strings.Repeat("x", c.size-1)
			poll := func() reply { return b.do("GET", polling+"&sid="+sid, "", "Accept-Encoding: "+c.accept) }
			var r reply
			if waits {
				parked := later(poll)
				b.post(sid, message).wants(t, 200, "ok")
				r = <-parked
			} else {
				b.post(sid, message).wants(t, 200, "ok")
				r = poll()
			}
			if got := r.header.Get("Content-Encoding"); got != c.want || plain(t, r) != message {
				t.Errorf("%d bytes for %q, waits %v: %q, %d bytes", c.size, c.accept, waits, got, len(r.body))
			}
			if varies := r.header.Get("Vary") != ""; varies != (c.want != "") {
				t.Errorf("%q: varies %v", c.accept, varies)
			}
		}
	}
}

// plain is the body of a reply as it was before it was compressed.
func plain(t *testing.T, r reply) string {
	t.Helper()
	var body io.Reader = strings.NewReader(r.body)
	var err error
	switch r.header.Get("Content-Encoding") {
	case "gzip":
		body, err = gzip.NewReader(body)
	case "deflate":
		body, err = zlib.NewReader(body)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPoll_two_at_once_end_the_session(t *testing.T) {
	e := newEcho()
	b := newBrowser(t, open(t, quiet, e))
	sid := b.handshake()
	first := later(func() reply { return b.poll(sid) })
	second := later(func() reply { return b.poll(sid) })
	got := []reply{<-first, <-second}
	if got[0].status == 400 { // they may arrive in either order
		got[0], got[1] = got[1], got[0]
	}
	got[0].wants(t, 200, "1")
	got[1].wants(t, 400, "")
	if reason := <-e.ended; reason != "transport error" {
		t.Errorf("reason %q", reason)
	}
}

func TestPoll_given_up_by_the_client_ends_the_session(t *testing.T) {
	e := newEcho()
	h := open(t, quiet, e)
	sid := newBrowser(t, h).handshake()
	nc, err := net.Dial("tcp", h.url)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(nc, "GET /engine.io/?%s&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", polling, sid)
	nc.Close()
	if reason := <-e.ended; reason != "transport error" {
		t.Errorf("reason %q", reason)
	}
}

func TestPost_given_up_by_the_client_ends_the_session(t *testing.T) {
	e := newEcho()
	h := open(t, quiet, e)
	sid := newBrowser(t, h).handshake()
	nc, err := net.Dial("tcp", h.url)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(nc, "POST /engine.io/?%s&sid=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n4x", polling, sid)
	nc.Close()
	if reason := <-e.ended; reason != "transport error" {
		t.Errorf("reason %q", reason)
	}
}

func TestPost_two_at_once_end_the_session(t *testing.T) {
	e := newEcho()
	h := open(t, quiet, e)
	b := newBrowser(t, h)
	sid := b.handshake()
	nc, err := net.Dial("tcp", h.url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	fmt.Fprintf(nc, "POST /engine.io/?%s&sid=%s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n", polling, sid)
	if line, err := bufio.NewReader(nc).ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("%q, %v", line, err) // the first one is being read now, or will be at once
	}
	_, _ = nc.Write([]byte("4"))
	for {
		r := b.post(sid, "4x")
		if r.status == 400 {
			break
		}
	}
	if reason := <-e.ended; reason != "transport error" {
		t.Errorf("reason %q", reason)
	}
}

func TestPoll_goodbye_of_the_client_releases_it_with_a_noop(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	sid := b.handshake()
	poll := later(func() reply { return b.poll(sid) })
	// A packet goes round first, so that the poll is known to be there.
	b.post(sid, "4x").wants(t, 200, "ok")
	(<-poll).wants(t, 200, "4x")
	poll = later(func() reply { return b.poll(sid) })
	b.post(sid, "1").wants(t, 200, "ok")
	if r := <-poll; r.status == 200 { // or it came when all was over
		r.wants(t, 200, "6")
	}
}

func TestClose_by_the_server_waits_for_the_next_poll(t *testing.T) {
	sessions := make(chan *engine.Session, 1)
	e := newEcho()
	b := newBrowser(t, open(t, quiet, handlerFunc(func(s *engine.Session) engine.Client {
		sessions <- s
		return e.Open(s)
	})))
	sid := b.handshake()
	s := <-sessions
	s.Close(engine.ForcedServerClose)
	<-e.ended
	b.poll(sid).wants(t, 200, "6\x1e1")
	b.poll(sid).wants(t, 400, `{"code":1,"message":"Session ID unknown"}`)

	sid = b.handshake()
	s = <-sessions
	s.Send(engine.NewBare(engine.EIO4, []byte("last words"), false), false)
	s.Close(engine.ForcedServerClose)
	b.poll(sid).wants(t, 200, "4last words\x1e1")
}

func TestPoll_connection_is_used_again(t *testing.T) {
	h := open(t, quiet, newEcho())
	sid := newBrowser(t, h).handshake()
	nc, err := net.Dial("tcp", h.url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(time.Minute))
	r := bufio.NewReader(nc)
	b := newBrowser(t, h)
	for i := range 5 {
		fmt.Fprintf(nc, "GET /engine.io/?%s&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", polling, sid)
		text := fmt.Sprintf("4m%d", i)
		b.post(sid, text).wants(t, 200, "ok")
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		body := make([]byte, resp.ContentLength)
		if _, err := r.Read(body); err != nil || string(body) != text {
			t.Fatalf("%q, %v, want %q", body, err, text)
		}
	}
}

func TestPost_connection_is_used_again(t *testing.T) {
	h := open(t, quiet, newEcho())
	b := newBrowser(t, h)
	sid := b.handshake()
	if r := b.post(sid, "4x"); r.header.Get("Connection") != "" {
		t.Errorf("answered with Connection: %s", r.header.Get("Connection"))
	}
}

func TestPoll_pipelined_behind_another_request(t *testing.T) {
	h := open(t, quiet, newEcho())
	b := newBrowser(t, h)
	sid := b.handshake()
	nc, err := net.Dial("tcp", h.url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(time.Minute))
	// The second request is read ahead with the first and must not be lost while that one is parked.
	request := fmt.Sprintf("GET /engine.io/?%s&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", polling, sid)
	fmt.Fprint(nc, request+request)
	r := bufio.NewReader(nc)
	for _, text := range []string{"4one", "4two"} {
		b.post(sid, text).wants(t, 200, "ok")
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		body := make([]byte, resp.ContentLength)
		if _, err := r.Read(body); err != nil || string(body) != text {
			t.Fatalf("%q, %v, want %q", body, err, text)
		}
	}
}

func TestHeartbeat(t *testing.T) {
	cfg := engine.Config{PingInterval: 60 * time.Millisecond, PingTimeout: 60 * time.Millisecond}
	e := newEcho()
	b := newBrowser(t, open(t, cfg, e))
	sid := b.handshake()
	for range 3 {
		b.poll(sid).wants(t, 200, "2")
		b.post(sid, "3").wants(t, 200, "ok")
	}
	b.poll(sid).wants(t, 200, "2") // not answered, though other packets come
	b.post(sid, "4x").wants(t, 200, "ok")
	if reason := <-e.ended; reason != "ping timeout" {
		t.Errorf("reason %q", reason)
	}
}
