package token

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

func TestConnect_reads_what_the_app_says(t *testing.T) {
	v := AppOnly()
	token := own(t, older, m{
		"aud": ForConnect, "ns": "/chat", "sub": "User:7", "rooms": []string{"room:1"}, "login": "l",
		"data": m{"n": 1 << 60}, "iat": in(-time.Second), "exp": in(time.Minute), "more": "x",
	})
	p, err := v.Connect(token, "/chat", [][]byte{secret, older}, now)
	if err != nil {
		t.Fatal(err)
	}
	if p.User != "User:7" || p.Login != "l" || fmt.Sprint(p.Rooms) != "[room:1]" {
		t.Errorf("got %+v", p)
	}
	if !p.Until.Equal(now.Add(time.Minute+Leeway)) || !p.IssuedAt.Equal(now.Add(-time.Second)) {
		t.Errorf("from %s until %s", p.IssuedAt, p.Until)
	}
	var data, claims m
	if err := msgpack.Unmarshal(p.Data, &data); err != nil || fmt.Sprint(data) != "map[n:1152921504606846976]" {
		t.Errorf("data %v, %v", data, err)
	}
	if err := msgpack.Unmarshal(p.Claims, &claims); err != nil || claims["more"] != "x" || claims["sub"] != "User:7" {
		t.Errorf("claims %v, %v", claims, err)
	}
}

func TestConnect_takes_the_least_a_token_may_say(t *testing.T) {
	p, err := AppOnly().Connect(own(t, secret, connecting(nil)), "/", [][]byte{secret}, now)
	if err != nil {
		t.Fatal(err)
	}
	if p.User != "" || p.Login != "" || p.Rooms != nil || p.Data != nil || !p.IssuedAt.IsZero() {
		t.Errorf("got %+v", p)
	}
}

func TestConnect_judges_claims(t *testing.T) {
	v := AppOnly()
	for _, c := range []struct {
		name   string
		change m
		want   string
	}{
		{"good", m{}, "in"},
		{"a list of audiences", m{"aud": []string{"x", ForConnect}}, "in"},
		{"a user that is a number", m{"sub": 7}, "in"},
		{"the main namespace by name", m{"ns": "/"}, "in"},
		{"over for less than the clocks may differ", m{"exp": in(-Leeway + time.Second)}, "in"},
		{"to begin soon enough", m{"nbf": in(Leeway)}, "in"},
		{"a fraction of a second", m{"exp": float64(in(0)) + 30.5}, "in"},

		{"over", m{"exp": in(-Leeway)}, "token_expired"},
		{"over, and for somebody else", m{"exp": in(-time.Hour), "aud": ForRooms}, "token_invalid"},
		{"over, and for nobody", m{"exp": in(-time.Hour), "aud": nil}, "token_invalid"},
		{"without an end", m{"exp": nil}, "token_invalid"},
		{"an end that is a text", m{"exp": "1895255200"}, "token_invalid"},
		{"an end beyond all time", m{"exp": 1e300}, "token_invalid"},
		{"an end before all time", m{"exp": -1}, "token_invalid"},
		{"not yet", m{"nbf": in(Leeway + time.Second)}, "token_invalid"},
		{"a room token", m{"aud": ForRooms}, "token_invalid"},
		{"for nothing", m{"aud": nil}, "token_invalid"},
		{"for something else", m{"aud": "realtime"}, "token_invalid"},
		{"an audience that is no text", m{"aud": m{}}, "token_invalid"},
		{"another namespace", m{"ns": "/admin"}, "token_invalid"},
		{"a namespace that is no text", m{"ns": 1}, "token_invalid"},
		{"a user that is no text", m{"sub": []string{"User:7"}}, "token_invalid"},
		{"a user with a fraction", m{"sub": 7.5}, "token_invalid"},
		{"a login that is too long", m{"login": strings.Repeat("x", maxLogin+1)}, "token_invalid"},
		{"rooms that are no list", m{"rooms": "room:1"}, "token_invalid"},
		{"too many rooms", m{"rooms": make([]string, maxRooms+1)}, "token_invalid"},
		{"an issue that is no time", m{"iat": "now"}, "token_invalid"},
		{"data that nests too deep", m{"data": nested(maxDepth + 1)}, "token_invalid"},
		{"data that looks like an attachment", m{"data": m{"_placeholder": true, "num": 0}}, "token_invalid"},
	} {
		_, err := v.Connect(own(t, secret, connecting(c.change)), "/", [][]byte{secret}, now)
		if got := code(err); got != c.want {
			t.Errorf("%s: got %s (%v), want %s", c.name, got, err, c.want)
		}
	}
}

func nested(depth int) any {
	var v any = 1
	for range depth {
		v = []any{v}
	}
	return v
}

func TestConnect_of_two_members_of_a_name_the_last_counts_and_case_does(t *testing.T) {
	for payload, want := range map[string]string{
		`{"aud":"realtime.room","aud":"realtime.connect","exp":%d}`: "in",
		`{"aud":"realtime.connect","aud":"realtime.room","exp":%d}`: "token_invalid",
		`{"AUD":"realtime.connect","exp":%d}`:                       "token_invalid",
		`{"aud":"realtime.connect","Exp":%d}`:                       "token_invalid",
	} {
		token := signedText(t, `{"alg":"HS256"}`, fmt.Sprintf(payload, in(time.Minute)))
		if _, err := AppOnly().Connect(token, "/", [][]byte{secret}, now); code(err) != want {
			t.Errorf("%s: got %s, want %s", payload, code(err), want)
		}
	}
}

func TestRooms(t *testing.T) {
	v := AppOnly()
	good := own(t, secret, following(nil))
	second := own(t, older, following(m{"rooms": []string{"a", "b"}}))
	for _, c := range []struct {
		name   string
		tokens []string
		want   string
	}{
		{"none", nil, "in []"},
		{"one", []string{good}, "in [order:7]"},
		{"of several keys", []string{good, second}, "in [order:7 a b]"},
		{"of no room", []string{own(t, secret, following(m{"rooms": []string{}}))}, "in []"},

		{"expired, beside a good one", []string{good, own(t, secret, following(m{"exp": in(-time.Hour)}))}, "room_token_expired []"},
		{"a connect token", []string{own(t, secret, connecting(m{"rooms": []string{"r"}}))}, "room_token_invalid []"},
		{"another namespace", []string{own(t, secret, following(m{"ns": "/admin"}))}, "room_token_invalid []"},
		{"without rooms", []string{own(t, secret, following(m{"rooms": nil}))}, "room_token_invalid []"},
		{"a wrong signature", []string{own(t, wrong, following(nil))}, "room_token_invalid []"},
		{"no token", []string{"order:7"}, "room_token_invalid []"},
		{"too many", make([]string, MaxRoomTokens+1), "room_token_invalid []"},
	} {
		rooms, err := v.Rooms(c.tokens, "/", [][]byte{secret, older}, now)
		if got := fmt.Sprint(code(err), " ", rooms); got != c.want {
			t.Errorf("%s: got %s (%v), want %s", c.name, got, err, c.want)
		}
	}
}

func TestError_says_why_and_shows_nothing_of_the_token(t *testing.T) {
	token := own(t, wrong, connecting(m{"sub": "secret-user"}))
	_, err := AppOnly().Connect(token, "/", [][]byte{secret}, now)
	if err == nil || err.Text() != "token invalid" || err.Error() != "token invalid: no key has made its signature" {
		t.Fatalf("got %v", err)
	}
	for _, part := range strings.Split(token, ".") {
		if strings.Contains(err.Error(), part) {
			t.Errorf("%q shows the token", err)
		}
	}
}

func FuzzConnect(f *testing.F) {
	v := AppOnly()
	f.Add(own(f, secret, connecting(m{"sub": "u", "rooms": []string{"r"}, "data": m{"a": []int{1}}})))
	f.Add(own(f, secret, following(nil)))
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		if p, err := v.Connect(token, "/", [][]byte{secret}, now); err == nil && (len(token) > MaxSize || p.Until.Before(now)) {
			t.Fatalf("%q let in until %s", token, p.Until)
		}
	})
}

// Whatever an app signs is judged without a panic, and what is let in can be carried.
func FuzzClaims(f *testing.F) {
	v := AppOnly()
	f.Add(text(f, connecting(m{"sub": 7, "ns": "/", "rooms": []string{"r"}, "login": "l", "data": nil})))
	f.Add(`{"exp":1e999}`)
	f.Fuzz(func(t *testing.T, payload string) {
		p, err := v.Connect(signedText(t, `{"alg":"HS256"}`, payload), "/", [][]byte{secret}, now)
		if err != nil {
			return
		}
		var claims any
		if err := msgpack.Unmarshal(p.Claims, &claims); err != nil {
			t.Fatalf("%q: %v", payload, err)
		}
	})
}

func BenchmarkConnect(b *testing.B) {
	v := AppOnly()
	token := own(b, secret, connecting(m{"sub": "User:7", "rooms": []string{"room:1"}, "login": "l"}))
	secrets := [][]byte{secret, older}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Connect(token, "/", secrets, now); err != nil {
			b.Fatal(err)
		}
	}
}
