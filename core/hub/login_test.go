package hub

import (
	"fmt"
	"testing"

	"realtime/core/engine"
)

// loginHub lets in sockets with the login that byPeer says.
func loginHub(logins ...string) (*Hub, *fakeApp) {
	app := &fakeApp{}
	app.connect = func(s *Socket) {
		login := logins[0]
		logins = logins[1:]
		s.Accept(Grant{Login: login})
	}
	return New(Config{}, app), app
}

func TestLogin_selects_and_stays_with_its_socket(t *testing.T) {
	h, _ := loginHub("l", "l", "k", "")
	peers := []*peer{open(h), open(h), open(h), open(h)}
	for _, p := range peers {
		p.say(t, "0")
	}
	s := peers[0].socket(t, "/")
	user := "u"
	if err := h.Set(s.ID(), nil, &user); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sel  Select
		want int
	}{
		{Select{Logins: []string{"l"}, Restricted: true}, 2},
		{Select{Logins: []string{"l", "k"}, Restricted: true}, 3},
		{Select{Logins: []string{"k"}, Users: []string{"u"}, Restricted: true}, 2},
		{Select{Logins: []string{"l"}, Users: []string{"u"}, Restricted: true}, 2},
		{Select{Logins: []string{""}, Restricted: true}, 0},
		{Select{Logins: []string{"l"}, To: []string{"l"}, Except: []string{s.ID()}, Restricted: true}, 1},
		{Select{To: []string{"l"}, Users: []string{"l"}, Restricted: true}, 0},
	} {
		if n, err := h.Count(c.sel); n != c.want || err != nil {
			t.Errorf("%+v: got %d, %v, want %d", c.sel, n, err, c.want)
		}
	}
	if s.Login() != "l" || s.User() != "u" {
		t.Errorf("got %q, %q", s.Login(), s.User())
	}
	if infos, _, _ := h.Sockets(Select{}, 0, ""); len(infos) != 4 || len(infos[0].Rooms) != 0 {
		t.Errorf("got %+v", infos)
	}
	peers[0].Closed(engine.TransportClose, "")
	if n, _ := h.Count(Select{Logins: []string{"l"}, Restricted: true}); n != 1 {
		t.Errorf("%d are left, want 1", n)
	}
}

func TestLogin_ends_in_every_namespace(t *testing.T) {
	h, app := loginHub("l", "l", "k")
	a, b := open(h), open(h)
	a.say(t, "0", "0/chat,")
	b.say(t, "0/chat,")
	a.session.take()
	app.take()
	n, err := h.Disconnect(Select{Namespace: EveryNamespace, Logins: []string{"l"}, Restricted: true}, SendAway)
	if n != 2 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	// No goodbye, or stock clients would stay away; and the engine is asked to close.
	if sent, closed := a.session.take(), a.session.closedWith(); len(sent) != 0 || len(closed) == 0 {
		t.Errorf("sent %q, closed %v", sent, closed)
	}
	if closed := b.session.closedWith(); len(closed) != 0 {
		t.Errorf("another login was closed: %v", closed)
	}
	a.Closed(engine.ForcedServerClose, "")
	if got := fmt.Sprint(app.take()); got != "[disconnect /chat forced server close [] disconnect / forced server close []]" {
		t.Errorf("got %s", got)
	}
}

func TestExpire_closes_the_transport_without_a_goodbye(t *testing.T) {
	h := New(Config{}, &fakeApp{})
	p, s := join(t, h)
	s.Expire()
	if sent, closed := p.session.take(), p.session.closedWith(); len(sent) != 0 || fmt.Sprint(closed) != "[forced server close]" {
		t.Errorf("sent %q, closed %v", sent, closed)
	}
	p.Closed(engine.ForcedServerClose, "")
	s.Expire() // and once more, after its end
}
