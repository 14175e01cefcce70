package link

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"testing/synctest"

	"realtime/core/protocol/rpc"
)

func TestExpression_is_for_whole_names(t *testing.T) {
	for _, c := range []struct {
		expression, name string
		want             bool
	}{
		{`/room-\d+`, "/room-7", true},
		{`/room-\d+`, "/room-7/x", false},
		{`/room-\d+`, "/a/room-7", false},
		{`^/room-\d+$`, "/room-7", true},
		{`/a|/b`, "/b", true},
		{`/a|/b`, "/ab", false},
		{`/(?P<team>[a-z]+)`, "/red", true},
		{`/room-\d+`, "/room-7\n", false},
	} {
		list, refusal := patternsOf(rpc.Hello{Expressions: []string{c.expression}})
		if refusal != nil {
			t.Fatalf("%q: %v", c.expression, refusal)
		}
		if got := list[0].matches(c.name); got != c.want {
			t.Errorf("%q, %q: got %v", c.expression, c.name, got)
		}
	}
}

// The bindings match with the engines of their languages what is matched here.
func TestExpression_is_read_as_the_bindings_read_it(t *testing.T) {
	text, err := os.ReadFile("../../conformance/vectors/namespaces.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Wire, Error string
		Value             struct {
			Fits   map[string][]*string
			Misses []string
		}
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		if v.Error != "" {
			continue // never sent
		}
		list, refusal := patternsOf(rpc.Hello{Expressions: []string{v.Wire}})
		if refusal != nil {
			t.Errorf("%s: %v", v.Name, refusal)
			continue
		}
		for name := range v.Value.Fits {
			if !list[0].matches(name) {
				t.Errorf("%s: %q does not fit", v.Name, name)
			}
		}
		for _, name := range v.Value.Misses {
			if list[0].matches(name) {
				t.Errorf("%s: %q fits", v.Name, name)
			}
		}
	}
}

func TestNamespaces_by_expression_are_served_and_others_are_not(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		rooms := handler(t, l, m{"namespaces": []string{"/"}, "expressions": []string{`/room-\d+`}})
		hall := handler(t, l, m{"namespaces": []string{"/hall"}})
		pass(DefaultAppGrace) // from here on nobody is waited for

		in, out := newSocket("/room-7"), newSocket("/room-x")
		l.connect(in, nil)
		l.connect(out, nil)
		in.want(t, "accepted [] - <nil>")
		out.want(t, "refused Invalid namespace <nil>")

		l.takeEvent(in, event("e"))
		rooms.want("event")
		hall.silent()
	})
}

// The pattern's hook guards all that it means, also once its worker has gone.
func TestNamespaces_by_expression_keep_their_hook(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		hooked := handler(t, l, m{"expressions": []string{`/room-\d+`}, "hooks": []string{"connect"}})
		hooked.nc.Close()
		synctest.Wait()
		handler(t, l, m{"namespaces": []string{"/room-*"}})
		s := newSocket("/room-7")
		l.connect(s, nil)
		s.untouched(t)
		pass(DefaultAppGrace)
		s.want(t, "abandoned")
	})
}

func TestNamespace_with_a_star_is_nobodys(t *testing.T) {
	for _, mode := range []ConnectMode{ConnectApp, ConnectOpen} {
		in(t, Config{ConnectMode: mode}, func(t *testing.T, l *Link, _ *fakeHub) {
			a := handler(t, l, m{"namespaces": []string{"/*"}})
			s := newSocket("/room-*")
			l.connect(s, nil)
			s.want(t, "refused Invalid namespace <nil>")
			l.takeEvent(s, event("e"))
			a.silent()
		})
	}
}

// Clients make up the names of dynamic namespaces: what is kept for them must be bounded.
func TestNamespaces_that_have_been_are_forgotten(t *testing.T) {
	in(t, Config{NodeEvents: 1 << 20}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{"namespaces": []string{"/room-*"}})
		for i := range 10_000 { // nobody is asked: an end is told only now and then, for time
			s := newSocket(fmt.Sprintf("/room-%d", i))
			l.connect(s, nil)
			s.want(t, "accepted [] - <nil>")
			if i%100 == 0 {
				l.disconnect(s, &ending{reason: "transport close"})
				a.answer(a.want("disconnect"), m{})
			}
		}
		synctest.Wait()
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.namespaces) > idleNamespaces || len(l.lanes) != 0 || len(l.hungry) != 0 {
			t.Errorf("kept: %d namespaces, %d lanes, %d hungry", len(l.namespaces), len(l.lanes), len(l.hungry))
		}
	})
}
