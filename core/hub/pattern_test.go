package hub

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestMatchNamespace(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"/", "/", true},
		{"/", "/a", false},
		{"/room-*", "/room-", true},
		{"/room-*", "/room-7/x", true},
		{"/room-*", "/rooms", false},
		{"/*", "/", true},
		{"*", "/chat", true},
		{"/*/b*c", "/a/bxc", true},
		{"/*/b*c", "/a/bxd", false},
		{"/a*a*a*b", "/" + strings.Repeat("a", 200), false},
	} {
		if got := MatchNamespace(c.pattern, c.name); got != c.want {
			t.Errorf("%q, %q: got %v", c.pattern, c.name, got)
		}
	}
}

// members opens a session with a socket in each of the namespaces.
func members(t *testing.T, h *Hub, namespaces ...string) []*peer {
	t.Helper()
	peers := make([]*peer, len(namespaces))
	for i, name := range namespaces {
		peers[i] = open(h)
		peers[i].say(t, "0"+name+",")
		peers[i].session.take()
	}
	return peers
}

func TestEmit_to_every_namespace_that_fits(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	peers := members(t, h, "/room-1", "/room-2", "/hall")
	if _, err := h.Join(Select{Namespace: "/room-2"}, []string{"a"}); err != nil {
		t.Fatal(err)
	}
	for _, e := range []Emit{
		{Select: Select{Namespace: "/room-*"}, Event: "everyone"},
		{Select: Select{Namespace: "/*", To: []string{"a"}, Restricted: true}, Event: "members"},
		{Select: Select{Namespace: "/none-*"}, Event: "nobody"},
	} {
		if err := h.Emit(e); err != nil {
			t.Errorf("%s: %v", e.Event, err)
		}
	}
	equal(t, peers[0].session.take(), []string{`2/room-1,["everyone"]`})
	equal(t, peers[1].session.take(), []string{`2/room-2,["everyone"]`, `2/room-2,["members"]`})
	equal(t, peers[2].session.take(), nil)
}

func TestEmit_to_a_pattern_is_refused_for_all_or_none(t *testing.T) {
	const limit = 60
	h := New(Config{MaxPayload: limit}, &fakeApp{})
	long := "/room-" + strings.Repeat("9", 30)
	peers := members(t, h, "/room-1", long)
	e := Emit{Select: Select{Namespace: "/room-*"}, Event: "a", Args: args(t, `["`+strings.Repeat("x", 20)+`"]`)}
	for _, try := range []func(Emit) error{h.Check, h.Emit} {
		var refused *Error
		if err := try(e); !errors.As(err, &refused) || refused.Code != CodeTooLarge {
			t.Errorf("got %v", err)
		}
	}
	for _, p := range peers {
		equal(t, p.session.take(), nil)
	}
}

func TestSockets_of_every_namespace_that_fits_come_in_pages(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	members(t, h, "/room-1", "/room-2", "/room-1", "/hall", "/room-3")
	var got []string
	for after, pages := "", 1; ; pages++ {
		infos, next, err := h.Sockets(Select{Namespace: "/room-*"}, 2, after)
		if err != nil || pages > 2 {
			t.Fatalf("page %d: %v", pages, err)
		}
		for _, i := range infos {
			got = append(got, i.ID+i.Namespace)
		}
		if after = next; next == "" {
			break
		}
	}
	if len(got) != 4 || !slices.IsSorted(got) || strings.Count(strings.Join(got, " "), "/room-1") != 2 {
		t.Errorf("got %v", got)
	}
}

// A socket that leaves while the pages are put together must not make the next page begin too late.
func TestSockets_no_page_goes_beyond_what_was_looked_at(t *testing.T) {
	page := func(ids ...string) (infos []SocketInfo) {
		for _, id := range ids {
			infos = append(infos, SocketInfo{ID: id})
		}
		return infos
	}
	for _, c := range []struct {
		infos      []SocketInfo
		next, want string
	}{
		{page("c", "a", "b"), "", "[a b] b"},
		{page("b", "a"), "", "[a b] "},
		{page("a", "x"), "b", "[a] b"}, // b has left
		{page("x"), "b", "[] b"},
	} {
		infos, next := merged(c.infos, 2, c.next)
		ids := []string{}
		for _, i := range infos {
			ids = append(ids, i.ID)
		}
		if got := fmt.Sprint(ids, " ", next); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestPattern_is_not_for_everything(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	peers := members(t, h, "/room-1", "/room-2", "/hall")
	sel := Select{Namespace: "/room-*"}
	if n, err := h.Count(sel); n != 2 || err != nil {
		t.Errorf("count: %d, %v", n, err)
	}
	for name, try := range map[string]func() error{
		"join":  func() error { _, err := h.Join(sel, []string{"a"}); return err },
		"leave": func() error { _, err := h.Leave(sel, []string{"a"}); return err },
		"rooms": func() error { _, err := h.Rooms(sel); return err },
		"call":  func() error { return h.Call(Emit{Select: sel, Event: "a"}, 1, func(CallResult) {}) },
	} {
		var refused *Error
		if err := try(); !errors.As(err, &refused) || refused.Code != CodeInvalidNamespace {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n, err := h.Disconnect(sel, EndSocket); n != 2 || err != nil {
		t.Errorf("disconnect: %d, %v", n, err)
	}
	equal(t, peers[1].session.take(), []string{"1/room-2,"})
	equal(t, peers[2].session.take(), nil)
}

// Clients make up the names of dynamic namespaces: what is kept for one must end with its last socket.
func TestNamespace_is_freed_with_its_last_socket(t *testing.T) {
	const clients, each = 200, 50
	h := New(Config{}, &fakeApp{})
	peers := make([]*peer, clients)
	for i := range peers {
		peers[i] = open(h)
		for j := range each {
			peers[i].say(t, fmt.Sprintf("0/room-%d,", i*each+j))
		}
	}
	if n, err := h.Count(Select{Namespace: "/room-*"}); n != clients*each || err != nil {
		t.Fatalf("%d sockets, %v", n, err)
	}
	for i, p := range peers {
		p.say(t, fmt.Sprintf("1/room-%d,", i*each))
	}
	if got, want := len(h.all()), clients*(each-1); got != want {
		t.Errorf("%d namespaces are kept, %d sockets are there", got, want)
	}
	for _, p := range peers {
		p.Closed(0, "")
	}
	if got := len(h.all()); got != 0 {
		t.Errorf("%d namespaces are kept for nobody", got)
	}
}
