package hub

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"realtime/core/engine"
)

// A stream is a session whose client reacts to what it is sent.
type stream struct {
	fakeSession
	grown *sync.Cond // on fakeSession.mu
	asked string     // the id of its last socket; only the session's goroutine looks at it
}

func newStream() *stream {
	s := &stream{}
	s.grown = sync.NewCond(&s.mu)
	return s
}

func (s *stream) Send(m *engine.Message, volatile bool) bool {
	ok := s.fakeSession.Send(m, volatile)
	s.grown.Broadcast()
	return ok
}

// await blocks until a message after the first n satisfies the condition, and returns how many
// there are up to it.
func (s *stream) await(n int, is func(string) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		for ; n < len(s.sent); n++ {
			if is(s.sent[n]) {
				return n + 1
			}
		}
		s.grown.Wait()
	}
}

func isConnect(text string) bool    { return strings.HasPrefix(text, `0{"sid"`) }
func isDisconnect(text string) bool { return text == "1" }

// census is an app that answers from other goroutines and counts what it must not lose.
type census struct {
	answers sync.WaitGroup
	newest  atomic.Pointer[string] // the id of the last socket that was asked for
	tickets chan struct{}          // one for each emit: so many for each socket, not for each second

	mu           sync.Mutex
	accepted     map[*Socket]bool
	disconnected map[string][]string // reasons by socket id
	events       map[*Socket]int     // the last one of each
	errors       []string
}

func (a *census) Connect(s *Socket, _ []byte) {
	id := s.ID()
	a.newest.Store(&id)
	s.client.session.(*stream).asked = id
	for range emitsPerSocket {
		select {
		case a.tickets <- struct{}{}:
		default: // enough are waiting
		}
	}
	a.answers.Go(func() {
		a.mu.Lock()
		a.accepted[s] = true
		a.mu.Unlock()
		s.Accept(Grant{Rooms: []string{"all", id[:1]}})
	})
}

func (a *census) Event(s *Socket, e Event) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.disconnected[s.ID()]) > 0 {
		a.errors = append(a.errors, "an event after the disconnect")
	}
	n, _ := strconv.Atoi(e.Name)
	if n <= a.events[s] {
		a.errors = append(a.errors, fmt.Sprintf("event %d after %d", n, a.events[s]))
	}
	a.events[s] = n
	pause := n%7 == 0
	if pause {
		a.answers.Go(s.Resume)
	}
	return pause
}

func (a *census) Disconnect(s *Socket, reason string, _ []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.disconnected[s.ID()] = append(a.disconnected[s.ID()], reason)
}

// emitsPerSocket is how much is published for each socket that comes, far below what may be held
// for one whose answer takes its time.
const emitsPerSocket = 150

// TestRace has clients come and go, an app that answers from other goroutines, publishers, and
// somebody who throws everyone out again and again. Each client checks what it was sent:
//
//   - nothing for a socket comes before its CONNECT answer, and each publisher's events in order;
//   - a farewell stands between the answer of the socket it is for and that of the next one;
//   - no packet of a well-behaved client closes its session;
//   - each accepted socket has exactly one Disconnect, after its events.
func TestRace(t *testing.T) {
	const clients, rounds, publishers = 5, 50, 3
	app := &census{
		tickets:  make(chan struct{}, emitsPerSocket),
		accepted: map[*Socket]bool{}, disconnected: map[string][]string{}, events: map[*Socket]int{},
	}
	h := New(Config{}, app)
	var lanes, others sync.WaitGroup
	var over atomic.Bool
	streams := make([]*stream, clients)
	for i := range streams {
		streams[i] = newStream()
		lanes.Go(func() { live(t, h, streams[i], rand.New(rand.NewPCG(uint64(i), 0)), rounds) })
	}
	for k := range publishers {
		others.Go(func() { publish(t, h, app, k) })
	}
	others.Go(func() {
		for !over.Load() {
			if _, err := h.Disconnect(to("all"), EndSocket); err != nil {
				t.Error(err)
			}
			runtime.Gosched()
		}
	})
	others.Go(func() {
		for !over.Load() {
			h.Join(Select{}, []string{"more"})
			h.Leave(to("more"), []string{"more"})
			h.Sockets(Select{}, 0, "")
			runtime.Gosched()
		}
	})
	lanes.Wait()
	over.Store(true)
	close(app.tickets)
	others.Wait()
	app.answers.Wait()
	app.check(t)
	for _, s := range streams {
		checkStream(t, s.take(), app.disconnected)
	}
	if n := len(h.all()); n != 0 {
		t.Errorf("%d empty namespaces are kept", n)
	}
}

// live is a client's life: it comes, says something, and leaves or waits to be thrown out.
func live(t *testing.T, h *Hub, s *stream, random *rand.Rand, rounds int) {
	c := h.open(s)
	say := func(text string) {
		if _, err := c.Receive([]byte(text), false); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	read := 0
	for range rounds {
		say("0")
		if random.IntN(4) == 0 { // in a hurry
			say(`2["1"]`)
			say("1")
			continue
		}
		read = s.await(read, func(text string) bool { return text == `0{"sid":"`+s.asked+`"}` })
		for n := range random.IntN(20) {
			say(fmt.Sprintf(`2["%d"]`, n+1))
		}
		if random.IntN(2) == 0 {
			say("1")
			continue
		}
		read = s.await(read, isDisconnect)
	}
	c.Closed(engine.TransportClose, "")
}

// publish emits numbered events, to everyone and to the newest socket in turn, which it names.
func publish(t *testing.T, h *Hub, app *census, k int) {
	n := 0
	for range app.tickets {
		n++
		e := Emit{Event: fmt.Sprintf("p%d", k)}
		target := ""
		if newest := app.newest.Load(); newest != nil && n%2 == 0 {
			target = *newest
			e.Select = to(target)
		}
		e.Args = args(t, fmt.Sprintf(`[%d,"%s"]`, n, target))
		if err := h.Emit(e); err != nil {
			t.Error(err)
		}
	}
}

func (a *census) check(t *testing.T) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.errors {
		t.Error(e)
	}
	for s := range a.accepted {
		if n := len(a.disconnected[s.ID()]); n != 1 {
			t.Errorf("%s: %d disconnects", s.ID(), n)
		}
	}
	if len(a.disconnected) != len(a.accepted) {
		t.Errorf("%d accepted, %d disconnected", len(a.accepted), len(a.disconnected))
	}
}

// checkStream reads what one client was sent.
func checkStream(t *testing.T, sent []string, reasons map[string][]string) {
	answered := map[string]bool{}
	current, farewells := "", 0
	last := map[string]int{}
	segment := func() {
		if current == "" {
			return
		}
		want := 0
		if reasons[current][0] == engine.ServerNamespaceDisconnect.String() {
			want = 1
		}
		if farewells != want {
			t.Errorf("%s ended by %q: %d farewells", current, reasons[current], farewells)
		}
	}
	for _, text := range sent {
		switch {
		case isConnect(text):
			segment()
			current, farewells = text[len(`0{"sid":"`):len(text)-2], 0
			answered[current] = true
		case isDisconnect(text):
			farewells++
		default:
			checkEvent(t, text, answered, last)
		}
	}
	segment()
}

func checkEvent(t *testing.T, text string, answered map[string]bool, last map[string]int) {
	var publisher, n int
	var target string
	if _, err := fmt.Sscanf(text, `2["p%d",%d,%q]`, &publisher, &n, &target); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if target != "" && !answered[target] || len(answered) == 0 {
		t.Errorf("%s came before the CONNECT answer", text)
	}
	key := fmt.Sprint(publisher)
	if before, some := last[key]; some && n <= before {
		t.Errorf("%s came after %d", text, before)
	}
	last[key] = n
}
