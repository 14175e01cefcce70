package link

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"realtime/core/hub"
	"realtime/core/token"
)

var (
	appSecret = bytes.Repeat([]byte{1}, 32)
	otherKey  = strings.Repeat("k", 32)
)

// signed is a token by key that is good for a minute, but for what is changed.
func signed(key []byte, audience string, change m) string {
	claims := jwt.MapClaims{"aud": audience, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix()}
	for k, v := range change {
		claims[k] = v
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(key)
	if err != nil {
		panic(err)
	}
	return text
}

func passFor(change m) string { return signed(appSecret, token.ForConnect, change) }

func roomPass(change m, rooms ...string) string {
	claims := m{"rooms": rooms}
	for k, v := range change {
		claims[k] = v
	}
	return signed(appSecret, token.ForRooms, claims)
}

func expired() m { return m{"exp": time.Now().Add(-time.Hour).Unix()} }

// keyed is what a hello says beside the rest to bring the app's secret.
func keyed(more m) m {
	hello := m{"keys": [][]byte{appSecret}}
	for k, v := range more {
		hello[k] = v
	}
	return hello
}

func hooked() m { return keyed(m{"hooks": []string{"connect"}}) }

// emitter connects a process that only sends.
func emitter(t *testing.T, l *Link, more m) *app {
	t.Helper()
	a := connectApp(t, l)
	a.greet("emitter", more)
	return a
}

// comes connects a client with this auth.
func comes(l *Link, auth m) *fakeSocket {
	s := newSocket("/")
	s.opened = time.Now()
	l.connect(s, pack(auth))
	return s
}

func TestToken_the_claims_of_a_valid_one_go_with_the_question(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, hooked())
		s := comes(l, m{"token": passFor(m{"sub": "User:7", "more": 1})})
		q := a.want("connect")
		claims, _ := q.params["claims"].(m)
		if claims["sub"] != "User:7" || shown(claims["more"]) != "1" {
			t.Fatalf("got %v", q.params)
		}
		// The app's answer alone says who it is; the token only says until when.
		a.answer(q, m{"user": "u", "login": "l"})
		s.want(t, "accepted [] u <nil> by l")
		s.wantAfter(t, time.Minute+token.Leeway, "expired")
	})
}

func TestToken_anything_else_in_auth_is_the_app_s_own_business(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, hooked())
		for name, auth := range map[string]any{
			"a word": m{"token": "abc"}, "an expired one": m{"token": passFor(expired())}, "a number": m{"token": 7},
			"a room token": m{"token": roomPass(nil, "r")}, "of another namespace": m{"token": passFor(m{"ns": "/admin"})},
			"no map": "abc", "no key of ours": m{}, "a stranger's": m{"token": signed([]byte(otherKey), token.ForConnect, nil)},
		} {
			s := newSocket("/")
			l.connect(s, pack(auth))
			q := a.want("connect")
			if _, there := q.params["claims"]; there || shown(q.params["auth"]) != shown(unpack(pack(auth))) {
				t.Errorf("%s: got %v", name, q.params)
			}
			a.answer(q, m{})
			s.want(t, "accepted [] - <nil>")
		}
	})
}

func TestToken_without_a_hook_its_claims_are_applied(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		handler(t, l, keyed(nil))
		claims := m{"sub": "User:7", "rooms": []string{"r"}, "login": "l", "data": 1}
		s := comes(l, m{"token": passFor(claims), "room_tokens": []string{roomPass(nil, "r", "q")}})
		s.want(t, "accepted [r q] User:7 1 by l")
		s.wantAfter(t, time.Minute+token.Leeway, "expired")
		comes(l, m{"token": "abc"}).want(t, "accepted [] - <nil>")
	})
}

func TestToken_mode_token_lets_in_by_a_token_and_by_nothing_else(t *testing.T) {
	in(t, Config{ConnectMode: ConnectToken}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, hooked())
		claims := m{"sub": "User:7", "rooms": []string{"r"}, "login": "l", "data": "d"}
		s := comes(l, m{"token": passFor(claims)})
		s.want(t, "accepted [r] User:7 d by l")
		for auth, want := range map[string]string{
			"":                     "refused token required map[code:token_required]",
			"abc":                  "refused token invalid map[code:token_invalid]",
			passFor(expired()):     "refused token expired map[code:token_expired]",
			roomPass(nil):          "refused token invalid map[code:token_invalid]",
			passFor(m{"ns": "/x"}): "refused token invalid map[code:token_invalid]",
		} {
			comes(l, m{"token": auth}).want(t, want)
		}
		without := newSocket("/")
		l.connect(without, nil)
		without.want(t, "refused token required map[code:token_required]")
		a.silent() // nobody was asked
		s.wantAfter(t, time.Minute+token.Leeway, "expired")
	})
}

func TestToken_a_grant_that_the_hub_cannot_carry_out_is_refused_and_not_half_done(t *testing.T) {
	in(t, Config{ConnectMode: ConnectToken}, func(t *testing.T, l *Link, h *fakeHub) {
		h.checkGrant = func(g hub.Grant) error {
			if len(g.Rooms) > 0 {
				return &hub.Error{Code: hub.CodeTooLarge, Message: "rooms"}
			}
			return nil
		}
		emitter(t, l, keyed(nil))
		comes(l, m{"token": passFor(m{"rooms": []string{"r"}})}).want(t, "refused token invalid map[code:token_invalid]")
		comes(l, m{"token": passFor(nil), "room_tokens": []string{roomPass(nil, "r")}}).
			want(t, "refused room token invalid map[code:room_token_invalid]")
	})
}

func TestRoomTokens_count_whoever_lets_in(t *testing.T) {
	for mode, more := range map[ConnectMode]m{ConnectApp: nil, ConnectAsk: nil, ConnectOpen: nil, ConnectToken: {"token": ""}} {
		t.Run(string(mode), func(t *testing.T) {
			in(t, Config{ConnectMode: mode}, func(t *testing.T, l *Link, _ *fakeHub) {
				a := handler(t, l, hooked())
				auth := func(rooms ...string) m {
					auth := m{"room_tokens": rooms}
					if more != nil {
						auth["token"] = passFor(nil)
					}
					return auth
				}
				s := comes(l, auth(roomPass(nil, "order:7"), roomPass(nil, "order:8", "own")))
				want := "accepted [order:7 order:8 own] - <nil>"
				switch mode {
				case ConnectApp, ConnectAsk:
					a.answer(a.want("connect"), m{"rooms": []string{"own"}})
					want = "accepted [own order:7 order:8] - <nil>"
				case ConnectToken:
					want = "accepted [order:7 order:8 own]  <nil>"
				}
				s.want(t, want)
				for bad, code := range map[string]string{
					roomPass(expired(), "r"): "expired", roomPass(m{"ns": "/x"}, "r"): "invalid", "abc": "invalid", passFor(nil): "invalid",
				} {
					comes(l, auth(roomPass(nil, "order:7"), bad)).want(t, "refused room token "+code+" map[code:room_token_"+code+"]")
				}
				broken := auth()
				broken["room_tokens"] = "abc"
				comes(l, broken).want(t, "refused room token invalid map[code:room_token_invalid]")
				a.silent()
			})
		})
	}
}

func TestToken_nobody_is_refused_for_a_key_that_nobody_has_brought_yet(t *testing.T) {
	for name, cfg := range map[string]Config{
		"mode token": {ConnectMode: ConnectToken}, "mode open, with a room token": {ConnectMode: ConnectOpen},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, cfg, func(t *testing.T, l *Link, _ *fakeHub) {
				auth := m{"token": passFor(nil), "room_tokens": []string{roomPass(nil, "r")}}
				lost := comes(l, auth)
				lost.untouched(t)
				emitter(t, l, nil) // it has no secret
				lost.untouched(t)
				pass(20 * time.Second)
				saved, wrong := comes(l, auth), comes(l, m{"token": "abc", "room_tokens": []string{"abc"}})
				l.takeEvent(saved, event("early"))
				pass(10 * time.Second)
				lost.want(t, "abandoned")
				saved.untouched(t)
				a := handler(t, l, hooked())
				if got := <-saved.happened; !strings.HasPrefix(got, "accepted [r] ") {
					t.Fatalf("got %q", got)
				}
				if got := <-wrong.happened; !strings.HasPrefix(got, "refused ") {
					t.Fatalf("got %q", got)
				}
				if f := a.want("event"); f.params["event"] != "early" {
					t.Fatalf("got %v", f.params)
				}
			})
		})
	}
}

func TestToken_the_secrets_outlive_the_app_s_restart(t *testing.T) {
	in(t, Config{ConnectMode: ConnectToken}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := emitter(t, l, keyed(nil))
		a.nc.Close()
		synctest.Wait()
		comes(l, m{"token": passFor(nil)}).want(t, "accepted []  <nil>")
		comes(l, m{"token": "abc"}).want(t, "refused token invalid map[code:token_invalid]")

		emitter(t, l, m{"keys": [][]byte{[]byte(otherKey)}}) // the secret was replaced for good
		comes(l, m{"token": passFor(nil)}).want(t, "refused token invalid map[code:token_invalid]")
	})
}

func TestToken_by_a_configured_key_needs_no_worker_and_the_app_s_own_waits_for_one(t *testing.T) {
	verifier, err := token.New(token.Config{Keys: []string{otherKey}})
	if err != nil {
		t.Fatal(err)
	}
	in(t, Config{ConnectMode: ConnectToken, Tokens: verifier}, func(t *testing.T, l *Link, _ *fakeHub) {
		comes(l, m{"token": signed([]byte(otherKey), token.ForConnect, nil)}).want(t, "accepted []  <nil>")
		own := comes(l, m{"token": passFor(nil)})
		own.untouched(t)
		keyless := emitter(t, l, nil)
		own.want(t, "refused token invalid map[code:token_invalid]")
		keyless.nc.Close()
		emitter(t, l, keyed(nil))
		comes(l, m{"token": passFor(nil)}).want(t, "accepted []  <nil>")
	})
}

func TestLogin_comes_back_with_events_and_the_end(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := handler(t, l, hooked())
		s := comes(l, nil)
		a.answer(a.want("connect"), m{"login": "l"})
		s.want(t, "accepted [] - <nil> by l")
		l.takeEvent(s, event("e"))
		f := a.want("event")
		if f.params["login"] != "l" {
			t.Errorf("got %v", f.params)
		}
		a.answer(f, nil)
		l.disconnect(s, &ending{reason: "transport close", login: "l"})
		if f := a.want("disconnect"); f.params["login"] != "l" {
			t.Errorf("got %v", f.params)
		}
		none := comes(l, nil)
		a.answer(a.want("connect"), m{})
		none.want(t, "accepted [] - <nil>")
		l.takeEvent(none, event("e"))
		if f := a.want("event"); f.params["login"] != nil {
			t.Errorf("got %v", f.params)
		}
	})
}

func TestLogin_whose_end_comes_before_the_answer_lets_nobody_stay(t *testing.T) {
	for name, end := range map[string]m{
		"the login": {"logins": []string{"l"}, "close": true}, "the user": {"users": []string{"u"}, "close": true},
		"the user, in all namespaces": {"users": []string{"u"}, "namespace": "*", "close": true},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, Config{}, func(t *testing.T, l *Link, _ *fakeHub) {
				a := handler(t, l, hooked())
				s := comes(l, nil)
				q := a.want("connect") // the hook has looked into the session
				if got := a.result("disconnect", end); shown(got) != "map[count:0]" {
					t.Fatalf("got %v", got)
				}
				a.answer(q, m{"login": "l", "user": "u"})
				s.want(t, "accepted [] u <nil> by l")
				s.want(t, "expired")

				pass(time.Second)
				again := comes(l, nil) // with another cookie, and for good
				a.answer(a.want("connect"), m{"login": "l", "user": "u"})
				again.want(t, "accepted [] u <nil> by l")
				again.untouched(t)
			})
		})
	}
}

func TestLogin_that_has_ended_takes_its_tokens_with_it(t *testing.T) {
	in(t, Config{ConnectMode: ConnectToken}, func(t *testing.T, l *Link, _ *fakeHub) {
		a := emitter(t, l, keyed(nil))
		old := passFor(m{"login": "l"})
		pass(time.Second)
		a.result("disconnect", m{"logins": []string{"l"}, "close": true})
		comes(l, m{"token": old}).want(t, "refused token expired map[code:token_expired]")
		pass(2 * time.Second)
		comes(l, m{"token": passFor(m{"login": "l"})}).want(t, "accepted []  <nil> by l")
	})
}

func TestLogin_ends_in_every_namespace_and_its_clients_come_back(t *testing.T) {
	in(t, Config{}, func(t *testing.T, l *Link, h *fakeHub) {
		var got string
		h.selected = func(what string, s hub.Select, _ []string) (int, error) {
			got = what + " " + s.Namespace + " " + strings.Join(s.Logins, ",")
			return 2, nil
		}
		a := emitter(t, l, nil)
		for _, c := range []struct {
			params m
			want   string
		}{
			{m{"logins": []string{"l", "k"}, "close": true}, "disconnect away * l,k"},
			{m{"logins": []string{"l"}, "close": true, "reconnect": false}, "disconnect sessions * l"},
			{m{"logins": []string{"l"}, "namespace": "/chat"}, "disconnect sockets /chat l"},
			{m{"users": []string{"u"}, "namespace": "/chat", "close": true}, "disconnect sessions /chat "},
			{m{"users": []string{"u"}, "close": true, "reconnect": true}, "disconnect away / "},
		} {
			a.result("disconnect", c.params)
			if got != c.want {
				t.Errorf("%v: got %q, want %q", c.params, got, c.want)
			}
		}
	})
}
