package hub

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"realtime/core/engine"
)

func TestEmit_encodes(t *testing.T) {
	for _, c := range []struct {
		name, namespace, event, args, want string
	}{
		{"no arguments", "", "a", "", `2["a"]`},
		{"arguments", "/", "a", `[1,{"b":null}]`, `2["a",1,{"b":null}]`},
		{"a namespace", "/chat", "a", `["é"]`, `2/chat,["a","é"]`},
		{
			"attachments", "/chat", "a", `["<bin>",{"b":"<bin>"}]`,
			`52-/chat,["a",{"_placeholder":true,"num":0},{"b":{"_placeholder":true,"num":1}}] [010200 010201]`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := New(Config{}, &fakeApp{})
			p := open(h)
			p.say(t, "0", "0/chat,")
			p.session.take()
			e := Emit{Select: Select{Namespace: c.namespace}, Event: c.event}
			if c.args != "" {
				e.Args = args(t, c.args)
			}
			if err := h.Emit(e); err != nil {
				t.Fatal(err)
			}
			equal(t, p.session.take(), []string{c.want})
		})
	}
}

func TestEmit_refuses(t *testing.T) {
	bins := func(n int) string { return `["<bin>"` + strings.Repeat(`,"<bin>"`, n-1) + `]` }
	for _, c := range []struct {
		name string
		emit Emit
		code string
	}{
		{"a reserved event", Emit{Event: "disconnecting"}, CodeReservedEvent},
		{"too many attachments", Emit{Event: "a", Args: args(t, bins(11))}, CodeTooManyAttachments},
		{"too large a text", Emit{Event: "a", Args: args(t, `["`+strings.Repeat("x", 1000)+`"]`)}, CodeTooLarge},
		{"too large an attachment", Emit{Event: "a", Args: append([]byte{0x91, 0xc5, 1, 0xf4}, make([]byte, 500)...)}, CodeTooLarge},
		{"a namespace without slash", Emit{Event: "a", Select: Select{Namespace: "x"}}, CodeInvalidNamespace},
		{"a namespace with comma", Emit{Event: "a", Select: Select{Namespace: "/x,y"}}, CodeInvalidNamespace},
		{"a namespace too long", Emit{Event: "a", Select: Select{Namespace: "/" + strings.Repeat("x", 300)}}, CodeInvalidNamespace},
		{"arguments that are no array", Emit{Event: "a", Args: args(t, `{}`)}, CodeInvalid},
		{"an unknown extension", Emit{Event: "a", Args: []byte{0x91, 0xd4, 5, 0}}, CodeInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := New(Config{MaxPayload: 400}, &fakeApp{})
			p, _ := join(t, h)
			for _, try := range []func(Emit) error{h.Emit, h.Check} {
				var refused *Error
				if err := try(c.emit); !errors.As(err, &refused) || refused.Code != c.code {
					t.Errorf("got %v, want %s", err, c.code)
				}
			}
			equal(t, p.session.take(), nil)
		})
	}
}

func TestCheck_sends_nothing(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p, _ := join(t, h)
	if err := h.Check(Emit{Event: "a"}); err != nil {
		t.Error(err)
	}
	equal(t, p.session.take(), nil)
}

// TestSelect has five sockets: a in rooms x and y, b in x, c in y, d in none, and e in x but in
// another namespace. a and d belong to user ann, c to bob; somebody tries to pass for ann by a
// room of her name.
func TestSelect(t *testing.T) {
	for _, c := range []struct {
		name string
		sel  Select // "#a" stands for the id of a
		want string
	}{
		{name: "everyone", sel: Select{}, want: "abcd"},
		{name: "the main namespace by name", sel: Select{Namespace: "/"}, want: "abcd"},
		{name: "another namespace", sel: Select{Namespace: "/other"}, want: "e"},
		{name: "an unknown namespace", sel: Select{Namespace: "/none"}, want: ""},
		{name: "to nobody", sel: to(), want: ""},
		{name: "to a room", sel: to("x"), want: "ab"},
		{name: "to two rooms, each once", sel: to("x", "y"), want: "abc"},
		{name: "to the same room twice", sel: to("x", "x"), want: "ab"},
		{name: "to an unknown room", sel: to("z"), want: ""},
		{name: "to a socket", sel: to("#d"), want: "d"},
		{name: "to a socket and its room", sel: to("#a", "x"), want: "ab"},
		{name: "to a socket of another namespace", sel: to("#e"), want: ""},
		{name: "to a user", sel: Select{Users: []string{"ann"}, Restricted: true}, want: "ad"},
		{name: "to a room named like a user", sel: to("ann"), want: "b"},
		{name: "to a user and a room", sel: Select{To: []string{"x"}, Users: []string{"bob"}, Restricted: true}, want: "abc"},
		{name: "everyone but a room", sel: Select{Except: []string{"x"}}, want: "cd"},
		{name: "everyone but a socket", sel: Select{Except: []string{"#a"}}, want: "bcd"},
		{name: "everyone but a user", sel: Select{ExceptUsers: []string{"ann"}}, want: "bc"},
		{name: "except wins over a room", sel: with(to("x", "y"), "y"), want: "b"},
		{name: "except wins over an id", sel: with(to("#a"), "x"), want: ""},
		{name: "except wins over a user", sel: Select{Users: []string{"ann"}, Restricted: true, Except: []string{"#a"}}, want: "d"},
		{name: "except of an unknown", sel: with(to("x"), "zzz", "AAAAAAAAAAAAAAAAAAAA"), want: "ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := New(Config{}, &fakeApp{})
			peers, ids := cast(t, h)
			fill := func(names []string) []string {
				var filled []string
				for _, n := range names {
					if letter, isID := strings.CutPrefix(n, "#"); isID {
						n = ids[letter]
					}
					filled = append(filled, n)
				}
				return filled
			}
			c.sel.To, c.sel.Except = fill(c.sel.To), fill(c.sel.Except)
			if err := h.Emit(Emit{Select: c.sel, Event: "hi"}); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, letter := range strings.Split("abcde", "") {
				got += strings.Repeat(letter, len(peers[letter].session.take()))
			}
			if got != c.want {
				t.Errorf("reached %q, want %q", got, c.want)
			}
			if n, err := h.Count(c.sel); n != len(c.want) || err != nil {
				t.Errorf("count %d %v", n, err)
			}
		})
	}
}

func with(s Select, except ...string) Select {
	s.Except = except
	return s
}

func cast(t *testing.T, h *Hub) (peers map[string]*peer, ids map[string]string) {
	t.Helper()
	peers, ids = map[string]*peer{}, map[string]string{}
	for letter, rooms := range map[string][]string{"a": {"x", "y"}, "b": {"x", "ann"}, "c": {"y"}, "d": nil} {
		p, s := join(t, h, rooms...)
		peers[letter], ids[letter] = p, s.ID()
	}
	e := open(h)
	e.say(t, "0/other,")
	peers["e"], ids["e"] = e, e.socket(t, "/other").ID()
	if _, err := h.Join(Select{Namespace: "/other"}, []string{"x"}); err != nil {
		t.Fatal(err)
	}
	e.session.take()
	for letter, user := range map[string]string{"a": "ann", "d": "ann", "c": "bob"} {
		if err := h.Set(ids[letter], nil, &user); err != nil {
			t.Fatal(err)
		}
	}
	return peers, ids
}

func TestEmit_volatile_passes_through(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p, _ := join(t, h)
	p.session.unwritten = true
	for _, volatile := range []bool{true, false} {
		if err := h.Emit(Emit{Event: fmt.Sprint(volatile), Volatile: volatile}); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, p.session.take(), []string{`2["false"]`})
}

func TestEmit_encodes_once_for_all(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	seen := map[*engine.Message]int{}
	for range 3 {
		h.open(messageCounter{&fakeSession{}, seen}).Receive([]byte("0"), false)
	}
	clear(seen)
	if err := h.Emit(Emit{Event: "a"}); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 1 {
		t.Errorf("%d messages for one dialect", len(seen))
	}
}

type messageCounter struct {
	*fakeSession
	seen map[*engine.Message]int
}

func (m messageCounter) Send(message *engine.Message, _ bool) bool {
	m.seen[message]++
	return true
}

func TestJoin_refuses(t *testing.T) {
	h := New(Config{MaxRooms: 4}, &fakeApp{})
	_, s := join(t, h, "a", "b")
	for _, c := range []struct {
		name  string
		rooms []string
		code  string
	}{
		{"a socket id", []string{"AAAAAAAAAAAAAAAAAAAA"}, CodeInvalid},
		{"its own id", []string{s.ID()}, CodeInvalid},
		{"no name", []string{""}, CodeInvalid},
		{"a long name", []string{strings.Repeat("x", 257)}, CodeTooLarge},
		{"too many at once", []string{"c", "d", "e", "f", "g"}, CodeTooLarge},
		{"too many in all", []string{"c", "d", "e"}, CodeTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			var refused *Error
			if _, err := h.Join(Select{}, c.rooms); !errors.As(err, &refused) || refused.Code != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
	if n, err := h.Join(Select{}, []string{"a", "c", "c", "b"}); n != 1 || err != nil {
		t.Errorf("rooms it is in already were counted: %d %v", n, err)
	}
}

func TestLeave_takes_out_of_rooms(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p, _ := join(t, h, "a", "b", "c")
	if n, err := h.Leave(to("a"), []string{"a", "b", "unknown"}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	for _, room := range []string{"a", "b", "c"} {
		if err := h.Emit(Emit{Select: to(room), Event: room}); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, p.session.take(), []string{`2["c"]`})
}

func TestDisconnect_says_goodbye_to_the_namespace(t *testing.T) {
	app := &fakeApp{}
	h := New(Config{}, app)
	p := open(h)
	p.say(t, "0", "0/chat,")
	p.session.take()
	app.take()
	for _, namespace := range []string{"/chat", "/"} {
		if n, err := h.Disconnect(Select{Namespace: namespace}, EndSocket); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	equal(t, p.session.take(), []string{`1/chat,`, `1`})
	equal(t, app.take(), []string{
		"disconnect /chat server namespace disconnect []", "disconnect / server namespace disconnect []",
	})
	if len(p.session.closedWith()) > 0 {
		t.Error("the session was closed")
	}
	if err := h.Emit(Emit{Event: "a"}); err != nil {
		t.Error(err)
	}
	equal(t, p.session.take(), nil)
}

func TestDisconnect_of_the_session_says_goodbye_to_each_namespace(t *testing.T) {
	app := &fakeApp{}
	h := New(Config{}, app)
	p := open(h)
	p.say(t, "0", "0/chat,")
	other, _ := join(t, h)
	p.session.take()
	app.take()
	if n, err := h.Disconnect(Select{Namespace: "/chat"}, EndSession); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	equal(t, p.session.take(), []string{`1/chat,`, `1`})
	if got := p.session.closedWith(); len(got) != 1 || got[0] != engine.ForcedServerClose {
		t.Errorf("closed with %v", got)
	}
	p.Closed(engine.ForcedServerClose, "")
	equal(t, app.take(), []string{
		"disconnect /chat server namespace disconnect []", "disconnect / server namespace disconnect []",
	})
	if len(other.session.closedWith()) > 0 {
		t.Error("somebody else was closed")
	}
}

func TestDisconnect_leaves_who_is_being_asked_alone(t *testing.T) {
	h := New(Config{}, &fakeApp{connect: func(*Socket) {}})
	p := open(h)
	p.say(t, "0")
	if n, err := h.Disconnect(to(p.socket(t, "/").ID()), EndSocket); n != 0 || err != nil {
		t.Error(n, err)
	}
}

func TestEmit_that_is_not_worth_compressing(t *testing.T) {
	for _, uncompressed := range []bool{false, true} {
		h := New(Config{}, quiet{})
		s := &marked{}
		if _, err := h.open(s).Receive([]byte("0"), false); err != nil {
			t.Fatal(err)
		}
		if err := h.Emit(Emit{Event: "a", Uncompressed: uncompressed}); err != nil {
			t.Fatal(err)
		}
		if s.incompressible != uncompressed {
			t.Errorf("said %v, the engine hears %v", uncompressed, s.incompressible)
		}
	}
}

// marked is a session that looks at the last message.
type marked struct {
	sink
	incompressible bool
}

func (s *marked) Send(m *engine.Message, _ bool) bool {
	s.incompressible = reflect.ValueOf(m).Elem().FieldByName("incompressible").Bool()
	return true
}
