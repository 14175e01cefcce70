package hub

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"realtime/core/engine"
	"realtime/core/protocol/payload"
)

// fakeSession is a session that keeps what it is sent. Its Close does what the engine does: the
// hub hears Closed, once, when the test calls end.
type fakeSession struct {
	handshake engine.Handshake
	dialect   engine.Dialect
	unwritten bool                           // volatile messages are dropped
	onSend    func()                         // called before a message is kept
	show      func(m *engine.Message) string // nil: that of revisions 4 and 5

	mu      sync.Mutex
	sent    []string
	closes  []engine.Reason
	resumes int
	keeps   bool
	trail   []*engine.Message
	taken   bool // the trail
	torn    bool // says that some of it is gone
}

// secretID is the id of all sessions here. No test has two whose clients compute theirs from it.
const secretID = "secret-secret-secret"

func (f *fakeSession) Refuse(m *engine.Message) {
	f.Send(m, false)
	f.Close(engine.Refused)
}

func (f *fakeSession) Keep() { f.keeps = true }

func (f *fakeSession) HasTrail(string, engine.Offset) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.keeps && !f.taken && !f.torn
}

// TakeTrail knows nothing of scopes and of answered pings, which are the engine's.
func (f *fakeSession) TakeTrail(_ string, offset engine.Offset) ([]*engine.Message, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var missed []*engine.Message
	for _, m := range f.trail {
		if _, number := m.Offset(); number > offset.Number {
			missed = append(missed, m)
		}
	}
	ok := f.keeps && !f.taken && !f.torn
	f.taken = true
	return missed, ok
}

func (f *fakeSession) ID() string                   { return secretID }
func (f *fakeSession) Dialect() engine.Dialect      { return f.dialect }
func (f *fakeSession) Transport() string            { return "websocket" }
func (f *fakeSession) Handshake() *engine.Handshake { return &f.handshake }

func (f *fakeSession) Send(m *engine.Message, volatile bool) bool {
	if f.onSend != nil {
		f.onSend()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	_, number := m.Offset()
	if tracked := f.keeps && number > 0; tracked {
		if f.taken {
			return false
		}
		f.trail = append(f.trail, m)
		if len(f.closes) > 0 {
			return true
		}
	}
	if volatile && f.unwritten || len(f.closes) > 0 {
		return false
	}
	shown := show
	if f.show != nil {
		shown = f.show
	}
	f.sent = append(f.sent, shown(m))
	return true
}

func (f *fakeSession) Resume() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.resumes++
}

func (f *fakeSession) Close(r engine.Reason) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closes = append(f.closes, r)
}

// take returns what was sent since the last call.
func (f *fakeSession) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	sent := f.sent
	f.sent = nil
	return sent
}

func (f *fakeSession) closedWith() []engine.Reason {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closes
}

func (f *fakeSession) resumed() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.resumes
}

// fakeApp writes down what it is told. The functions, where given, do more than that.
type fakeApp struct {
	connect func(s *Socket) // without it everyone is accepted
	event   func(s *Socket, e Event) bool

	mu  sync.Mutex
	log []string
}

func (a *fakeApp) note(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.log = append(a.log, fmt.Sprintf(format, args...))
}

// take returns what was noted since the last call.
func (a *fakeApp) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	log := a.log
	a.log = nil
	return log
}

func (a *fakeApp) Connect(s *Socket, auth []byte) {
	a.note("connect %s %s", s.Namespace(), toJSON(auth))
	if a.connect != nil {
		a.connect(s)
		return
	}
	s.Accept(Grant{})
}

func (a *fakeApp) Event(s *Socket, e Event) bool {
	line := fmt.Sprintf("event %s %s %s", s.Namespace(), e.Name, toJSON(e.Args))
	if e.WantsAck {
		line += fmt.Sprintf(" ack %d", e.Ack)
	}
	a.note("%s", line)
	return a.event != nil && a.event(s, e)
}

func (a *fakeApp) Disconnect(s *Socket, reason string, rooms []string) {
	a.note("disconnect %s %s %v", s.Namespace(), reason, rooms)
}

// A peer is a client of the hub under test: its session and the hub's side of it.
type peer struct {
	*client
	session *fakeSession
}

func open(h *Hub) *peer {
	s := &fakeSession{handshake: engine.Handshake{Address: "192.0.2.1"}}
	return &peer{client: h.open(s), session: s}
}

// say has the client send text packets, which must all be accepted.
func (p *peer) say(t testing.TB, packets ...string) {
	t.Helper()
	for _, text := range packets {
		if _, err := p.Receive([]byte(text), false); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

// socket returns the peer's socket in a namespace.
func (p *peer) socket(t testing.TB, namespace string) *Socket {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	s, err := p.find(namespace)
	if s == nil {
		t.Fatalf("no socket in %s: %v", namespace, err)
	}
	return s
}

// join opens a session with one socket in "/", in the given rooms, and forgets what it was sent.
func join(t testing.TB, h *Hub, rooms ...string) (*peer, *Socket) {
	t.Helper()
	p := open(h)
	p.say(t, "0")
	s := p.socket(t, "/")
	if _, err := h.Join(to(s.ID()), rooms); err != nil {
		t.Fatal(err)
	}
	p.session.take()
	return p, s
}

func to(names ...string) Select { return Select{To: names, Restricted: true} }

// args is MessagePack for a JSON text; "<bin>" strings stand for binary values.
func args(t testing.TB, text string) []byte {
	t.Helper()
	n := strings.Count(text, `"<bin>"`)
	var attachments [][]byte
	for i := range n {
		text = strings.Replace(text, `"<bin>"`, fmt.Sprintf(`{"_placeholder":true,"num":%d}`, i), 1)
		attachments = append(attachments, []byte{1, 2, byte(i)})
	}
	mp, err := payload.AppendMessagePack(nil, []byte(text), attachments, payload.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return mp
}

// toJSON shows MessagePack.
func toJSON(mp []byte) string {
	if mp == nil {
		return "-"
	}
	text, attachments, err := payload.AppendJSON(nil, mp, nil)
	if err != nil {
		return err.Error()
	}
	if len(attachments) > 0 {
		return fmt.Sprintf("%s %x", text, attachments)
	}
	return string(text)
}
