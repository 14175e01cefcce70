package link

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"realtime/core/engine"
	"realtime/core/hub"
)

// fakeHub is the hub as far as a test defines it; what it does not define succeeds.
type fakeHub struct {
	stop func() // ends the link

	mu         sync.Mutex
	emits      []string
	emit       func(hub.Emit) error
	check      func(hub.Emit) error
	call       func(hub.Emit, time.Duration, func(hub.CallResult)) error
	selected   func(what string, s hub.Select, rooms []string) (int, error)
	socketList []hub.SocketInfo
	roomList   []hub.RoomSize
	set        func(string, []byte, *string) error
	checkGrant func(hub.Grant) error
}

func (h *fakeHub) Emit(e hub.Emit) error {
	if h.emit != nil {
		if err := h.emit(e); err != nil {
			return err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.emits = append(h.emits, e.Event)
	return nil
}

func (h *fakeHub) Encodings() []hub.Encoding {
	h.mu.Lock()
	defer h.mu.Unlock()
	return []hub.Encoding{{Form: "eio4", Count: int64(len(h.emits))}}
}

func (h *fakeHub) Stats() hub.Stats { return hub.Stats{Recovered: 3, NotRecovered: 2, Parked: 1} }

func (h *fakeHub) emitted() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.emits, " ")
}

func (h *fakeHub) Check(e hub.Emit) error {
	if h.check != nil {
		return h.check(e)
	}
	return nil
}

func (h *fakeHub) Call(e hub.Emit, d time.Duration, done func(hub.CallResult)) error {
	return h.call(e, d, done)
}

func (h *fakeHub) pick(what string, s hub.Select, rooms []string) (int, error) {
	if h.selected == nil {
		return 0, nil
	}
	return h.selected(what, s, rooms)
}

func (h *fakeHub) Join(s hub.Select, rooms []string) (int, error) { return h.pick("join", s, rooms) }

func (h *fakeHub) Leave(s hub.Select, rooms []string) (int, error) { return h.pick("leave", s, rooms) }

func (h *fakeHub) Count(s hub.Select) (int, error) { return h.pick("count", s, nil) }

func (h *fakeHub) Disconnect(s hub.Select, how hub.Parting) (int, error) {
	return h.pick("disconnect "+[...]string{"sockets", "sessions", "away"}[how], s, nil)
}

func (h *fakeHub) Sockets(_ hub.Select, _ int, after string) ([]hub.SocketInfo, string, error) {
	return h.socketList, after, nil
}

func (h *fakeHub) Rooms(hub.Select) ([]hub.RoomSize, error) { return h.roomList, nil }

func (h *fakeHub) CheckGrant(g hub.Grant) error {
	if h.checkGrant != nil {
		return h.checkGrant(g)
	}
	return nil
}

func (h *fakeHub) Limits() hub.Limits {
	return hub.Limits{MaxPayload: 1000, MaxRooms: 10, MaxName: 100}
}

func (h *fakeHub) Set(socket string, data []byte, user *string) error {
	return h.set(socket, data, user)
}

// fakeSocket records what is done to it, as text.
type fakeSocket struct {
	id, namespace string
	happened      chan string
	left          bool // Accept answers false
	login         string
	opened        time.Time // its session; zero: long ago
	onAccept      func()
	recovered     bool
	granted       chan hub.Grant
}

func (s *fakeSocket) Recovered() bool { return s.recovered }

func newSocket(namespace string) *fakeSocket {
	return &fakeSocket{id: fmt.Sprintf("socket-%p", new(int)), namespace: namespace, happened: make(chan string, 1024), granted: make(chan hub.Grant, 1024)}
}

func (s *fakeSocket) ID() string { return s.id }

func (s *fakeSocket) Namespace() string { return s.namespace }

func (s *fakeSocket) User() string { return "" }

func (s *fakeSocket) Login() string { return s.login }

func (s *fakeSocket) Data() []byte { return nil }

func (s *fakeSocket) Transport() string { return "websocket" }

func (s *fakeSocket) Dialect() engine.Dialect { return engine.EIO4 }

func (s *fakeSocket) Handshake() *engine.Handshake {
	opened := time.UnixMilli(1000)
	if !s.opened.IsZero() {
		opened = s.opened
	}
	return &engine.Handshake{
		Headers: []engine.Field{{Name: "host", Value: "here"}}, Query: []engine.Field{{Name: "EIO", Value: "4"}},
		Address: "127.0.0.1", URL: "/socket.io/?EIO=4", Time: opened,
	}
}

func (s *fakeSocket) Accept(g hub.Grant) bool {
	s.granted <- g
	user := "-"
	if g.User != nil {
		user = *g.User
	}
	if s.onAccept != nil {
		s.onAccept()
	}
	text := fmt.Sprintf("accepted %v %s %v", g.Rooms, user, unpack(g.Data))
	if s.login = g.Login; g.Login != "" {
		text += " by " + g.Login
	}
	s.happened <- text
	return !s.left
}

func (s *fakeSocket) Refuse(message string, data []byte) {
	s.happened <- fmt.Sprintf("refused %s %v", message, unpack(data))
}

func (s *fakeSocket) Expire() { s.happened <- "expired" }

func (s *fakeSocket) Abandon(string, bool) { s.happened <- "abandoned" }

func (s *fakeSocket) Resume() { s.happened <- "resumed" }

func (s *fakeSocket) Ack(id uint64, args []byte) error {
	s.happened <- fmt.Sprintf("ack %d %v", id, unpack(args))
	return nil
}

// want waits for what happens next.
func (s *fakeSocket) want(t *testing.T, what string) {
	t.Helper()
	if got := <-s.happened; got != what {
		t.Fatalf("got %q, want %q", got, what)
	}
}

// untouched fails if anything has happened.
func (s *fakeSocket) untouched(t *testing.T) {
	t.Helper()
	synctest.Wait()
	select {
	case got := <-s.happened:
		t.Fatalf("got %q, want nothing", got)
	default:
	}
}
