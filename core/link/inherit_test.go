package link

import "testing"

// A client that came back: its socket has a new body and the same id.
func heirOf(past *fakeSocket) *fakeSocket {
	heir := newSocket(past.namespace)
	heir.id, heir.recovered = past.id, true
	return heir
}

func TestInherit_the_app_answers_what_came_before_it_is_asked_again(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{"hooks": []string{"connect"}, "window": 4})
		past := newSocket("/")
		l.connect(past, nil)
		a.answer(a.want("connect"), nil)
		past.want(t, "accepted [] - <nil>")
		l.takeEvent(past, event("before"))
		before := a.want("event")

		heir := heirOf(past)
		l.inherit(past, heir)
		l.connect(heir, nil)
		a.silent()
		a.answer(before, nil)
		question := a.want("connect")
		if question.params["recovered"] != true || question.params["socket"] != past.id {
			t.Errorf("the question: %v", question.params)
		}
		a.answer(question, nil)
		heir.want(t, "accepted [] - <nil>")
	})
}

func TestInherit_after_an_heir_that_failed(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, m{"hooks": []string{"connect"}})
		past := newSocket("/")
		l.connect(past, nil)
		a.answer(a.want("connect"), nil)
		past.want(t, "accepted [] - <nil>")

		failed := heirOf(past)
		l.inherit(past, failed)
		l.connect(failed, nil)
		a.fail(a.want("connect"), m{"code": "internal", "message": "the database is away"})
		failed.want(t, "abandoned")

		heir := heirOf(past)
		l.inherit(past, heir)
		l.connect(heir, nil)
		a.answer(a.want("connect"), nil)
		heir.want(t, "accepted [] - <nil>")
		l.takeEvent(heir, event("after"))
		if got := a.want("event"); got.params["event"] != "after" {
			t.Errorf("got %v", got.params)
		}
	})
}

func TestInherit_tokens_add_rooms_and_the_apps_answer_replaces_them(t *testing.T) {
	for name, c := range map[string]struct {
		answer m
		add    bool
	}{
		"nothing said": {nil, true},
		"no rooms":     {m{"rooms": []string{}}, false},
		"some rooms":   {m{"rooms": []string{"r"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
				a := handler(t, l, m{"hooks": []string{"connect"}})
				s := newSocket("/")
				l.connect(s, nil)
				a.answer(a.want("connect"), c.answer)
				if g := <-s.granted; g.Add != c.add {
					t.Errorf("%+v", g)
				}
			})
		})
	}
}
