package hub

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"realtime/core/engine"
)

func TestSockets_pages_through_everyone_once(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	var want []string
	for range 25 {
		_, s := join(t, h, "r")
		want = append(want, s.ID())
	}
	slices.Sort(want)
	for _, limit := range []int{1, 7, 25, 26, 0} {
		var got []string
		for after, more := "", true; more; {
			infos, next, err := h.Sockets(to("r"), limit, after)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range infos {
				got = append(got, i.ID)
			}
			after, more = next, next != ""
		}
		equal(t, got, want)
	}
}

func TestSockets_describes(t *testing.T) {
	user := "ann"
	app := &fakeApp{connect: func(s *Socket) {
		s.Accept(Grant{Rooms: []string{"b", "a"}, User: &user, Data: args(t, `{"k":1}`)})
	}}
	h := New(Config{}, app)
	before := time.Now().Truncate(time.Millisecond)
	p := open(h)
	p.say(t, "0/chat,")
	s := p.socket(t, "/chat")
	infos, next, err := h.Sockets(Select{Namespace: "/chat"}, 0, "")
	if err != nil || next != "" || len(infos) != 1 {
		t.Fatal(infos, next, err)
	}
	got := infos[0]
	if got.ConnectedAt.Before(before) || got.ConnectedAt.After(time.Now()) {
		t.Errorf("connected at %v", got.ConnectedAt)
	}
	got.ConnectedAt = time.Time{}
	want := SocketInfo{
		ID: s.ID(), Namespace: "/chat", Rooms: []string{"a", "b"}, User: "ann", Data: args(t, `{"k":1}`),
		Address: "192.0.2.1", Transport: "websocket", Dialect: engine.EIO4,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestRooms_counts_the_selected(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	cast(t, h)
	for _, c := range []struct {
		name string
		sel  Select
		want []RoomSize
	}{
		{"everyone", Select{}, []RoomSize{{"ann", 1}, {"x", 2}, {"y", 2}}},
		{"a room", to("y"), []RoomSize{{"x", 1}, {"y", 2}}},
		{"nobody", to(), []RoomSize{}},
		{"no such namespace", Select{Namespace: "/none"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := h.Rooms(c.sel)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestQueries_do_not_see_who_is_being_asked(t *testing.T) {
	h := New(Config{}, &fakeApp{connect: func(*Socket) {}})
	p := open(h)
	p.say(t, "0")
	id := p.socket(t, "/").ID()
	if n, err := h.Join(to(id), []string{"r"}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	for _, sel := range []Select{{}, to("r"), to(id)} {
		if n, err := h.Count(sel); n != 0 || err != nil {
			t.Errorf("%v: %d %v", sel, n, err)
		}
	}
}

func TestSet_replaces_what_is_given(t *testing.T) {
	ann, bob, none := "ann", "bob", ""
	app := &fakeApp{connect: func(s *Socket) { s.Accept(Grant{User: &ann, Data: []byte{1}}) }}
	h := New(Config{}, app)
	_, s := join(t, h)
	for _, c := range []struct {
		name string
		data []byte
		user *string
		want SocketInfo
	}{
		{"nothing", nil, nil, SocketInfo{User: "ann", Data: []byte{1}}},
		{"data", []byte{2}, nil, SocketInfo{User: "ann", Data: []byte{2}}},
		{"user", nil, &bob, SocketInfo{User: "bob", Data: []byte{2}}},
		{"no user", nil, &none, SocketInfo{User: "", Data: []byte{2}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := h.Set(s.ID(), c.data, c.user); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, SocketInfo{User: s.User(), Data: s.Data()}); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			for _, user := range []string{ann, bob} {
				n, err := h.Count(Select{Users: []string{user}, Restricted: true})
				if err != nil || (n == 1) != (user == s.User()) {
					t.Errorf("%s has %d sockets, %v", user, n, err)
				}
			}
		})
	}
	long := strings.Repeat("x", DefaultMaxName+1)
	if err := h.Set(s.ID(), nil, &long); err == nil {
		t.Error("a long user was taken")
	}
	if err := h.Set("nobody", nil, nil); err != ErrGone {
		t.Errorf("got %v", err)
	}
}

func TestSet_while_asked_stays_unless_the_grant_says_otherwise(t *testing.T) {
	h := New(Config{}, &fakeApp{connect: func(*Socket) {}})
	p := open(h)
	p.say(t, "0")
	s, ann := p.socket(t, "/"), "ann"
	if err := h.Set(s.ID(), []byte{1}, &ann); err != nil {
		t.Fatal(err)
	}
	s.Accept(Grant{Data: []byte{2}})
	if n, _ := h.Count(Select{Users: []string{"ann"}, Restricted: true}); n != 1 {
		t.Error("the user was lost")
	}
	if s.User() != "ann" || s.Data()[0] != 2 {
		t.Errorf("user %q data %v", s.User(), s.Data())
	}
}
