package hub

import (
	"strings"
	"testing"

	"realtime/core/engine"
)

// A client that comes back is put to the application once more.

func TestRecovery_asks_the_application_again(t *testing.T) {
	var asked *Socket
	app := &fakeApp{connect: func(s *Socket) { asked = s }}
	h := recovering(app)
	begin := func() guest {
		p := open(h)
		p.say(t, "0")
		asked.Accept(Grant{Rooms: []string{"old"}})
		g := guest{p, "", ""}.read(t)
		g.drop()
		app.take()
		return g
	}

	t.Run("and a refusal is the end", func(t *testing.T) {
		g := begin()
		again := g.back(t, h, "0")
		app.take()
		asked.Refuse("signed out", nil)
		equal(t, again.session.take(), []string{`4{"message":"signed out"}`})
		equal(t, app.take(), []string{"disconnect / transport close [old]"})
	})
	t.Run("and the rooms it gives count", func(t *testing.T) {
		g := begin()
		g.back(t, h, "0")
		asked.Accept(Grant{Rooms: []string{"new"}})
		rooms, err := h.Rooms(to(g.id))
		if err != nil || len(rooms) != 1 || rooms[0].Room != "new" {
			t.Errorf("%v, %v", rooms, err)
		}
	})
	t.Run("or are added", func(t *testing.T) {
		g := begin()
		g.back(t, h, "0")
		asked.Accept(Grant{Rooms: []string{"new"}, Add: true})
		if rooms, _ := h.Rooms(to(g.id)); len(rooms) != 2 {
			t.Errorf("%v", rooms)
		}
	})
	t.Run("and an emit meanwhile is not lost", func(t *testing.T) {
		g := begin()
		again := g.back(t, h, "0")
		h.say(t, to(g.id), "while asked")
		asked.Accept(Grant{})
		if sent := again.session.take(); len(sent) != 2 || !strings.HasPrefix(sent[0], `2["while asked"`) {
			t.Errorf("%q", sent)
		}
	})
	t.Run("and a client that leaves before may come again", func(t *testing.T) {
		g := begin()
		again := g.back(t, h, "0")
		question := asked
		again.session.Close(engine.TransportClose)
		again.Closed(engine.TransportClose, "")
		if question.Accept(Grant{}) {
			t.Error("accepted a client that has left")
		}
		app.take()
		third := g.back(t, h, "0")
		asked.Accept(Grant{})
		if third.read(t).id != g.id {
			t.Error("the socket was lost")
		}
		equal(t, app.take(), []string{`connect / {"token":"t"}`})
	})
	t.Run("and what it has ended meanwhile does not come back", func(t *testing.T) {
		g := begin()
		again := g.back(t, h, "0")
		app.take()
		if n, err := h.Disconnect(to(g.id), EndSocket); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		equal(t, app.take(), []string{"disconnect / server namespace disconnect [old]"})
		if asked.Accept(Grant{}) {
			t.Error("accepted")
		}
		if got := again.session.closedWith(); len(got) != 1 {
			t.Errorf("the session: %v", got)
		}
		again.Closed(engine.ForcedServerClose, "")
		equal(t, app.take(), []string{"disconnect / forced server close []"})
	})
	t.Run("and another user does not get what was the former's", func(t *testing.T) {
		ann, bob := "ann", "bob"
		p := open(h)
		p.say(t, "0")
		asked.Accept(Grant{Rooms: []string{"ann's"}, User: &ann})
		g := guest{p, "", ""}.read(t)
		g.drop()
		h.say(t, to("ann's"), "private")
		again := g.back(t, h, "0")
		app.take()
		if asked.Accept(Grant{User: &bob}) {
			t.Error("accepted")
		}
		again.Closed(engine.ForcedServerClose, "")
		equal(t, again.session.take(), nil)
		equal(t, app.take(), []string{
			"disconnect / transport close [ann's]", "disconnect / forced server close []",
		})
		fresh := g.back(t, h, "0")
		asked.Accept(Grant{User: &bob})
		if fresh.read(t).id == g.id {
			t.Error("recovered")
		}
	})
	t.Run("one at a time", func(t *testing.T) {
		g := begin()
		g.back(t, h, "0")
		first := asked
		g.back(t, h, "0")
		if second := asked; second == first || second.Recovered() || second.ID() == g.id {
			t.Error("two heirs of one socket")
		}
	})
}
