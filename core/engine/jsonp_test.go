package engine_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"realtime/core/engine"
)

const form = "Content-Type: application/x-www-form-urlencoded"

// ownPage is what a browser says of a script that a page of the site itself asks for.
const ownPage = "Sec-Fetch-Site: same-origin"

// script takes a polling body out of the script that is to have the given callback.
func script(t *testing.T, r reply, index string) string {
	t.Helper()
	if got := r.header.Get("Content-Type"); r.status != 200 || got != "text/javascript; charset=UTF-8" {
		t.Fatalf("got %d %q as %q", r.status, r.body, got)
	}
	quoted, ok := strings.CutPrefix(r.body, "___eio["+index+"](")
	quoted, ended := strings.CutSuffix(quoted, ");")
	var body string
	if err := json.Unmarshal([]byte(quoted), &body); !ok || !ended || err != nil {
		t.Fatalf("%q is no call of %s: %v", r.body, index, err)
	}
	return body
}

// scripted opens a session by JSONP and returns the query of its requests, but for "j".
func (b *browser) scripted(t *testing.T, revision string) (query string) {
	t.Helper()
	query = "EIO=" + revision + "&transport=polling"
	body := script(t, b.do("GET", query+"&j=7", "", ownPage), "7")
	_, packet, ok := strings.Cut(body, "{")
	var opened struct{ SID string }
	if err := json.Unmarshal([]byte("{"+packet), &opened); !ok || err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	return query + "&sid=" + opened.SID
}

func TestJSONP(t *testing.T) {
	transports := make(chan string, 1)
	e := newEcho()
	b := newBrowser(t, open(t, quiet, handlerFunc(func(s *engine.Session) engine.Client {
		transports <- s.Transport()
		return e.Open(s)
	})))
	for _, c := range []struct{ revision, body, want string }{
		{"4", "4\"é\u2028\\n\"\x1ebAQID", "4\"é\u2028\\n\"\x1ebAQID"},
		{"3", "7:4\"é\u2028\\n\"6:b4AQID", "7:4\"é\u2028\\n\"6:b4AQID"},
	} {
		query := b.scripted(t, c.revision)
		if got := <-transports; got != "jsonp" {
			t.Errorf("transport %q", got)
		}
		field := strings.ReplaceAll(c.body, `\n`, `\\n`) // as clients do it
		b.do("POST", query+"&j=7", url.Values{"d": {field}}.Encode(), form, ownPage).wants(t, 200, "ok")
		if got := script(t, b.do("GET", query+"&j=8", "", ownPage), "8"); got != c.want {
			t.Errorf("revision %s: got %q, want %q", c.revision, got, c.want)
		}
		b.do("POST", query+"&j=7", url.Values{"d": {field}}.Encode(), form, ownPage).wants(t, 200, "ok")
		// Without a number it is the callback of the handshake.
		if got := script(t, b.do("GET", query, "", ownPage), "7"); got != c.want {
			t.Errorf("revision %s: got %q, want %q", c.revision, got, c.want)
		}
	}
}

func TestJSONP_parked_poll_is_answered_with_a_script(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	query := b.scripted(t, "3")
	poll := later(func() reply { return b.do("GET", query+"&j=9", "", ownPage) })
	b.do("POST", query+"&j=7", "d=2%3A4x", form, ownPage).wants(t, 200, "ok")
	if got := script(t, <-poll, "9"); got != "2:4x" {
		t.Errorf("got %q", got)
	}
}

func TestJSONP_upgrades(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	query := b.scripted(t, "3")
	_, sid, _ := strings.Cut(query, "&sid=")
	ws, _ := b.dial(upgrade3 + "&sid=" + sid)
	say(t, ws, "2probe")
	expect(t, ws, "3probe")
	if got := script(t, b.do("GET", query+"&j=7", "", ownPage), "7"); got != "1:6" {
		t.Errorf("got %q", got)
	}
	say(t, ws, "5")
	say(t, ws, "4x")
	expect(t, ws, "4x")
}

func TestJSONP_a_form_without_its_field_ends_the_session(t *testing.T) {
	e := newEcho()
	b := newBrowser(t, open(t, quiet, e))
	for _, body := range []string{"", "x=2:4x", "d="} {
		b.do("POST", b.scripted(t, "3")+"&j=7", body, form, ownPage).wants(t, 200, "ok")
		if reason := <-e.ended; reason != "parse error" {
			t.Errorf("%q: reason %q", body, reason)
		}
	}
}

// Any page may hold a <script> that asks with the user's cookies; browsers send no Origin with it.
func TestJSONP_origins(t *testing.T) {
	for _, c := range []struct {
		name    string
		origins []string
		header  []string
		ok      bool
	}{
		{"nothing is said", nil, nil, false},
		{"nothing is said to who lets everyone in", []string{"*"}, nil, true},
		{"the site itself by Sec-Fetch-Site", nil, []string{ownPage}, true},
		{"the site itself by Referer", nil, []string{"Host: app.example", "Referer: http://app.example/page"}, true},
		{"a listed page by Referer", []string{"https://shop.example"}, []string{"Referer: https://shop.example/page", "Sec-Fetch-Site: cross-site"}, true},
		{"an unlisted page by Referer", []string{"https://shop.example"}, []string{"Referer: https://evil.example/page"}, false},
		{"an unlisted page that hides its Referer", []string{"https://shop.example"}, []string{"Sec-Fetch-Site: cross-site"}, false},
		{"a listed page by Origin, as forms have it", []string{"https://shop.example"}, []string{"Origin: https://shop.example"}, true},
		{"an unlisted page by Origin", nil, []string{"Origin: https://evil.example"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := quiet
			cfg.Origins = c.origins
			var log lockedBuffer
			cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
			b := newBrowser(t, open(t, cfg, newEcho()))
			for _, query := range []string{polling + "&j=0", polling3 + "&j=0"} {
				r := b.do("GET", query, "", c.header...)
				if c.ok {
					script(t, r, "0")
					continue
				}
				r.wants(t, 403, `{"code":4,"message":"Forbidden"}`)
			}
			if said := log.String(); c.ok != !strings.Contains(said, "refused") {
				t.Errorf("log: %s", said)
			}
		})
	}
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
