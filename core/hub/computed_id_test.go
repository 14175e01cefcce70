package hub

import (
	"fmt"
	"strings"
	"testing"

	"realtime/core/engine"
)

func TestRevision4_what_clients_compute_selects_them(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p := open4(h)
	p.say(t, "0/chat,")
	p.session.take()
	emit := func(namespace string, sel Select) []string {
		sel.Namespace = namespace
		if err := h.Emit(Emit{Event: "e", Select: sel}); err != nil {
			t.Fatal(err)
		}
		return p.session.take()
	}
	but := func(name string) Select { return Select{Except: []string{name}} }
	const computed = "/chat#" + secretID
	for _, c := range []struct {
		namespace string
		sel       Select
		want      []string
	}{
		{"/", to(secretID), []string{`2["e"]`}},
		{"/chat", to(computed), []string{`2/chat,["e"]`}},
		{"/chat", to(secretID), []string{`2/chat,["e"]`}},
		{"/chat", to(computed, secretID, p.socket(t, "/chat").ID()), []string{`2/chat,["e"]`}}, // once
		{"/", to(computed), nil},
		{"/", to("/other#" + secretID), nil},
		{"/", but(secretID), nil},
		{"/chat", but(computed), nil},
		{"/", but(computed), []string{`2["e"]`}},
	} {
		equal(t, emit(c.namespace, c.sel), c.want)
	}
	if err := h.Set(secretID, []byte{1}, nil); err != nil {
		t.Error(err)
	}
	p.Closed(engine.TransportClose, "")
	if err := h.Set(secretID, []byte{1}, nil); err == nil {
		t.Error("the alias outlives its session")
	}
}

func TestRevision4_nobody_is_told_what_clients_compute(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	open4(h).say(t, "0/chat,")
	for _, namespace := range []string{"/", "/chat"} {
		sockets, _, err := h.Sockets(Select{Namespace: namespace}, 10, "")
		if err != nil || len(sockets) != 1 {
			t.Fatalf("%d sockets, %v", len(sockets), err)
		}
		if shown := fmt.Sprintf("%+v", sockets); strings.Contains(shown, secretID) {
			t.Errorf("%s shows %s", namespace, shown)
		}
	}
}

// A client of revision 5 is told its id, so its session's selects nothing.
func TestRevision5_the_session_id_selects_nothing(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p, _ := join(t, h)
	if err := h.Emit(Emit{Event: "e", Select: to(secretID)}); err != nil {
		t.Fatal(err)
	}
	equal(t, p.session.take(), nil)
}

func TestRooms_cannot_look_like_what_clients_compute(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	_, s := join(t, h)
	for room, ok := range map[string]bool{
		"/chat#" + secretID: false, "/#" + secretID: false, secretID: false,
		"chat#" + secretID: true, "/chat#" + secretID[1:]: true, "/chat/" + secretID: true, "#": true,
	} {
		if _, err := h.Join(to(s.ID()), []string{room}); (err == nil) != ok {
			t.Errorf("%q: %v", room, err)
		}
	}
}
