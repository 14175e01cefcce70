package server

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"realtime/core/hub"
)

// following serves pages that ask now and then, and those of one foreign origin.
func following(t *testing.T) *running {
	return start(t, func(o *Options) {
		o.PlainClients, o.TokenKeys, o.Origins = true, []string{sharedSecret}, []string{"https://listed.example"}
	})
}

func roomToken(t *testing.T, rooms ...string) string {
	t.Helper()
	return connectToken(t, jwt.SigningMethodHS256, []byte(sharedSecret), jwt.MapClaims{"aud": "realtime.room", "rooms": rooms})
}

func (r *running) ask(pairs ...string) answer {
	r.t.Helper()
	query := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		query.Add(pairs[i], pairs[i+1])
	}
	return get(r.t, r.base+"/socket.io/plain?"+query.Encode())
}

func (a answer) missed(t *testing.T) (m missed) {
	t.Helper()
	if a.status != 200 || a.header.Get("Content-Type") != "application/json" || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v %s", a.status, a.header, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func (r *running) emit(event, room string) {
	r.t.Helper()
	if err := r.hub.Emit(hub.Emit{Event: event, Select: hub.Select{To: []string{room}, Restricted: true}}); err != nil {
		r.t.Fatal(err)
	}
}

// Nobody is connected: the page that asks is the only client.
func TestMissed_gives_what_was_emitted_since(t *testing.T) {
	r := following(t)
	a, b := roomToken(t, "a"), roomToken(t, "b")
	begin := r.ask("room_tokens", a).missed(t)
	if len(begin.Events) > 0 || !begin.Complete || begin.Offset == "" {
		t.Fatalf("the first answer: %+v", begin)
	}
	r.emit("one", "a")
	r.emit("two", "b")
	r.emit("three", "c")
	both := r.ask("room_tokens", a+","+b, "since", begin.Offset).missed(t)
	if len(both.Events) != 2 || !strings.HasPrefix(string(both.Events[0]), `{"event":"one","args":[],"offset":"`) || !both.Complete {
		t.Errorf("got %s", both.Events)
	}
	if got := r.ask("room_tokens", b, "room_tokens", a, "since", begin.Offset).missed(t); len(got.Events) != 2 {
		t.Errorf("two parameters: %s", got.Events)
	}
	if got := r.ask("room_tokens", a, "since", both.Offset).missed(t); len(got.Events) != 0 || got.Offset != both.Offset {
		t.Errorf("asked again: %+v", got)
	}
	if got := r.ask("room_tokens", a, "since", "nonsense").missed(t); got.Complete {
		t.Errorf("of nowhere: %+v", got)
	}
}

func TestMissed_is_for_who_shows_a_token(t *testing.T) {
	r := following(t)
	connect := connectToken(t, jwt.SigningMethodHS256, []byte(sharedSecret), jwt.MapClaims{"aud": "realtime.connect", "sub": "7"})
	for _, c := range []struct {
		query  []string
		status int
		body   string
	}{
		{nil, 401, "room_tokens is missing\n"},
		{[]string{"room_tokens", ","}, 401, "room_tokens is missing\n"},
		{[]string{"room_tokens", "x"}, 403, "room_token_invalid\n"},
		{[]string{"room_tokens", connect}, 403, "room_token_invalid\n"},
		{[]string{"room_tokens", roomToken(t, "a") + ",x"}, 403, "room_token_invalid\n"},
		{[]string{"room_tokens", roomToken(t, "a"), "namespace", "/other"}, 403, "room_token_invalid\n"},
	} {
		if got := r.ask(c.query...); got.status != c.status || got.body != c.body {
			t.Errorf("%q: %d %q, want %d %q", c.query, got.status, got.body, c.status, c.body)
		}
	}
}

func TestMissed_for_pages_of_other_origins(t *testing.T) {
	r := following(t)
	at := r.base + "/socket.io/plain?room_tokens=" + roomToken(t, "a")
	listed := get(t, at, "Origin", "https://listed.example")
	if listed.status != 200 || listed.header.Get("Access-Control-Allow-Origin") != "https://listed.example" || listed.header.Get("Vary") != "Origin" {
		t.Errorf("listed: %d %v", listed.status, listed.header)
	}
	expired := get(t, r.base+"/socket.io/plain?room_tokens=x", "Origin", "https://listed.example")
	if expired.status != 403 || expired.header.Get("Access-Control-Allow-Origin") == "" {
		t.Errorf("a listed page cannot read why it was refused: %d %v", expired.status, expired.header)
	}
	foreign := get(t, at, "Origin", "https://foreign.example")
	if foreign.status != 403 || foreign.header.Get("Access-Control-Allow-Origin") != "" || !strings.Contains(foreign.body, "origins") {
		t.Errorf("foreign: %d %v %q", foreign.status, foreign.header, foreign.body)
	}
}

func TestMissed_is_off_until_plain_clients_is_set(t *testing.T) {
	r := start(t, func(o *Options) { o.TokenKeys = []string{sharedSecret} })
	if got := r.ask("room_tokens", roomToken(t, "a")); got.status != 400 {
		t.Errorf("%d %q", got.status, got.body)
	}
}

func TestMissed_other_methods(t *testing.T) {
	r := following(t)
	head := r.raw("HEAD /socket.io/plain HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/1.1 405") {
		t.Errorf("HEAD: %q", head)
	}
	asked := r.raw("OPTIONS /socket.io/plain HTTP/1.1\r\nHost: x\r\nOrigin: https://listed.example\r\n" +
		"Access-Control-Request-Method: GET\r\nConnection: close\r\n\r\n")
	if !strings.HasPrefix(asked, "HTTP/1.1 204") {
		t.Errorf("asked before: %q", asked)
	}
}
