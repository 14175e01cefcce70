package engine_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"realtime/core/engine"
)

// gate09 is a floor above for clients 0.7 to 0.9: what it does when one knocks is the test's. Messages come
// out of heard, ended sessions out of ended.
type gate09 struct {
	knock    func(s *engine.Session)
	sessions chan *engine.Session
	heard    chan string
	ended    chan string
}

func newGate09(knock func(s *engine.Session)) *gate09 {
	return &gate09{knock, make(chan *engine.Session, 64), make(chan string, 64), make(chan string, 64)}
}

func (g *gate09) Open(s *engine.Session) engine.Client {
	g.knock(s)
	g.sessions <- s
	return clientFunc{
		receive: func(data []byte, _ bool) engine.Flow { g.heard <- string(data); return engine.Continue },
		closed:  func(r engine.Reason) { g.ended <- r.String() },
	}
}

func send09(s *engine.Session, text string) {
	s.Send(engine.NewMessage(engine.V09, []byte(text), nil), false)
}

func letIn(s *engine.Session) { send09(s, "1::") }

// knock09 does the handshake and returns the session's id.
func (b *browser) knock09() string {
	b.t.Helper()
	r := b.at("GET", "1/?t=1", "")
	sid, rest, _ := strings.Cut(r.body, ":")
	if r.status != 200 || len(sid) != 20 {
		b.t.Fatalf("handshake: %d %q", r.status, r.body)
	}
	if !strings.HasSuffix(rest, ":websocket,htmlfile,xhr-polling,jsonp-polling") {
		b.t.Fatalf("handshake: %q", r.body)
	}
	return sid
}

func (b *browser) poll09(sid string) reply {
	b.t.Helper()
	return b.at("GET", "1/xhr-polling/"+sid+"?t=1", "")
}

func (b *browser) post09(sid, body string) reply {
	b.t.Helper()
	return b.at("POST", "1/xhr-polling/"+sid+"?t=1", body, "Content-Type: text/plain;charset=UTF-8")
}

const (
	unknown09 = "7:::1+0"
	fromShop  = "Origin: https://shop.example"
)

func TestV09_handshake(t *testing.T) {
	b := newBrowser(t, open(t, engine.Config{Origins: []string{"https://shop.example"}}, newGate09(letIn)))
	r := b.at("GET", "1?t=1", "", fromShop)
	if _, rest, _ := strings.Cut(r.body, ":"); rest != "60:60:websocket,htmlfile,xhr-polling,jsonp-polling" {
		t.Errorf("got %q", rest)
	}
	if got := r.header.Get("Content-Type"); r.status != 200 || !strings.HasPrefix(got, "text/plain") {
		t.Errorf("%d, content type %q", r.status, got)
	}
	if got := r.header.Get("Access-Control-Allow-Origin"); got != "https://shop.example" {
		t.Errorf("names %q", got)
	}
	if r = b.at("POST", "1/", "whatever"); r.status != 200 {
		t.Errorf("POST: %d %q", r.status, r.body)
	}
	r = b.at("GET", "1/?jsonp=17", "", fromShop)
	if !strings.HasPrefix(r.body, `io.j[17]("`) || !strings.HasSuffix(r.body, `:60:60:websocket,htmlfile,xhr-polling,jsonp-polling");`) {
		t.Errorf("jsonp: %q", r.body)
	}
	if got := r.header.Get("Content-Type"); got != "application/javascript" {
		t.Errorf("jsonp: content type %q", got)
	}
}

func TestV09_handshake_offers_what_is_served(t *testing.T) {
	b := newBrowser(t, open(t, engine.Config{
		Transports: []string{"websocket"}, OfferFlash: true,
		HeartbeatTimeout: 15 * time.Second, CloseTimeout: 25 * time.Second,
	}, newGate09(letIn)))
	r := b.at("GET", "1/", "")
	if _, rest, _ := strings.Cut(r.body, ":"); rest != "15:25:websocket,flashsocket" {
		t.Errorf("got %q", rest)
	}
}

func TestV09_handshake_is_held_until_somebody_decides(t *testing.T) {
	g := newGate09(func(*engine.Session) {})
	b := newBrowser(t, open(t, engine.Config{}, g))
	held := later(func() reply { return b.at("GET", "1/", "") })
	s := <-g.sessions
	select {
	case r := <-held:
		t.Fatalf("answered: %d %q", r.status, r.body)
	default:
	}
	r := b.poll09(s.ID())
	r.wants(t, 200, unknown09) // nobody can know it yet
	letIn(s)
	if r := <-held; r.status != 200 || !strings.HasPrefix(r.body, s.ID()+":") {
		t.Errorf("%d %q", r.status, r.body)
	}
	b.poll09(s.ID()).wants(t, 200, "1::")
}

func TestV09_handshake_refused(t *testing.T) {
	for _, c := range []struct {
		name   string
		knock  func(s *engine.Session)
		status int
		text   string
	}{
		{"by the application", func(s *engine.Session) { s.Refuse(nil) }, 403, "handshake unauthorized"},
		{"for want of one", func(s *engine.Session) { s.Close(engine.ForcedServerClose) }, 503, "handshake not possible now"},
		{"by a fault of the application", func(s *engine.Session) { s.Close(engine.Failed) }, 500, "handshake error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGate09(c.knock)
			h := open(t, engine.Config{}, g)
			b := newBrowser(t, h)
			b.at("GET", "1/", "").wants(t, c.status, c.text)
			b.at("GET", "1/?jsonp=3", "", "Referer: "+b.base).wants(t, 200, `io.j[3](new Error("`+c.text+`"));`)
			<-g.ended
			<-g.ended
			if n := h.engine.Count(); n != 0 {
				t.Errorf("%d sessions are left", n)
			}
		})
	}
}

func TestV09_handshake_of_a_client_that_leaves(t *testing.T) {
	g := newGate09(func(*engine.Session) {})
	h := open(t, engine.Config{}, g)
	c := h.raw("GET /engine.io/1/ HTTP/1.1\r\nHost: x\r\n\r\n")
	<-g.sessions
	c.Close()
	if got := <-g.ended; got != "transport error" {
		t.Errorf("ended with %q", got)
	}
}

func TestV09_handshake_of_another_origin(t *testing.T) {
	b := newBrowser(t, open(t, engine.Config{}, newGate09(letIn)))
	b.at("GET", "1/", "", "Origin: http://evil.example").wants(t, 403, "handshake bad origin")
	for _, from := range []string{"Referer: http://evil.example/page", "X-Nothing: said"} {
		b.at("GET", "1/?jsonp=0", "", from).wants(t, 200, `io.j[0](new Error("handshake bad origin"));`)
	}
	sid := b.knock09()
	for path, from := range map[string]string{
		"xhr-polling":   "Origin: http://evil.example",
		"jsonp-polling": "X-Nothing: said", // a foreign page's script sends cookies and no Origin
		"htmlfile":      "X-Nothing: said",
	} {
		if r := b.at("GET", "1/"+path+"/"+sid, "", from); r.status != 403 {
			t.Errorf("%s: %d %q", path, r.status, r.body)
		}
	}
	if ws, r := b.dialAt("1/websocket/"+sid, "Origin: http://evil.example"); ws != nil || r.status != 403 {
		t.Errorf("websocket: %d", r.status)
	}
	b.poll09(sid).wants(t, 200, "1::") // the session has not noticed
}

func TestV09_preflight(t *testing.T) {
	b := newBrowser(t, open(t, engine.Config{Origins: []string{"https://shop.example"}}, newGate09(letIn)))
	b.at("OPTIONS", "1/xhr-polling/x", "", fromShop, "Access-Control-Request-Method: POST").wants(t, 204, "")
	b.at("PUT", "1/xhr-polling/x", "").wants(t, 405, "")
}

func TestV09_what_is_not_there(t *testing.T) {
	h := open(t, engine.Config{}, newGate09(letIn))
	b := newBrowser(t, h)
	own := "Referer: " + b.base + "/page"
	sid := b.knock09()
	for _, c := range []struct{ method, path, want string }{
		{"GET", "1/xhr-polling/AAAAAAAAAAAAAAAAAAAA", unknown09},
		{"GET", "1/jsonp-polling/AAAAAAAAAAAAAAAAAAAA?i=2", `io.j[2]("7:::1+0");`},
		{"POST", "1/xhr-polling/AAAAAAAAAAAAAAAAAAAA", "1"},
		{"GET", "1/xhr-polling/AAAAAAAAAAAAAAAAAAAA?disconnect", ""},
		{"GET", "1//" + sid + "/?disconnect=1", ""},
	} {
		b.at(c.method, c.path, "", own).wants(t, 200, c.want)
	}
	b.at("GET", "2/", "").wants(t, 500, "Protocol version not supported.")
	b.at("GET", "", "").wants(t, 200, "Welcome to socket.io.")
	b.at("GET", "?t=1", "").wants(t, 400, `{"code":0,"message":"Transport unknown"}`)
	b.at("POST", "", "").wants(t, 400, `{"code":0,"message":"Transport unknown"}`)
	r := b.at("GET", "1/htmlfile/AAAAAAAAAAAAAAAAAAAA", "", own)
	if !strings.HasSuffix(r.body, `<script>_("7:::1+0");</script>`) {
		t.Errorf("htmlfile: %q", r.body)
	}
	ws, _ := b.dialAt("1/websocket/AAAAAAAAAAAAAAAAAAAA")
	expect(t, ws, unknown09)
	expectClose(t, ws, 1005)

	for _, path := range []string{"1/bogus/x", "1/websocket/x"} {
		c := h.raw("GET /engine.io/" + path + " HTTP/1.1\r\nHost: x\r\n\r\n")
		if answer, err := io.ReadAll(c); err != nil || len(answer) > 0 {
			t.Errorf("%s: got %q, %v, want the end of the connection", path, answer, err)
		}
	}
	if ws, _ := b.dialAtRaw("1/xhr-polling/" + sid); ws {
		t.Error("a WebSocket was accepted for polling")
	}
}

// An Engine.IO request cannot use a session of another generation, and the other way round.
func TestV09_sessions_are_their_own(t *testing.T) {
	b := newBrowser(t, open(t, engine.Config{}, handlerFunc(func(s *engine.Session) engine.Client {
		if s.Dialect() == engine.V09 {
			letIn(s)
		}
		return clientFunc{func([]byte, bool) engine.Flow { return engine.Continue }, func(engine.Reason) {}}
	})))
	b.poll(b.knock09()).wants(t, 400, `{"code":1,"message":"Session ID unknown"}`)
	b.poll09(b.handshake()).wants(t, 200, unknown09)
}

// raw opens a connection and says something on it.
func (h *house) raw(text string) net.Conn {
	h.t.Helper()
	c, err := net.Dial("tcp", h.url)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(c, text); err != nil {
		h.t.Fatal(err)
	}
	return c
}

// dialAtRaw reports whether an upgrade was granted, also where the connection ends without an answer.
func (b *browser) dialAtRaw(rest string) (granted bool, err error) {
	c, err := net.Dial("tcp", strings.TrimPrefix(b.base, "http://"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Close()
	_, err = io.WriteString(c, "GET /engine.io/"+rest+" HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if err != nil {
		return false, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	return err == nil && resp.StatusCode == 101, err
}
