package socketio1

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"realtime/core/protocol/engineio"
)

func seed(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add([]byte(v.Wire))
	}
}

// FuzzParse: Parse never panics, what it accepts says the same when it is written again, and what comes
// out as an array is an event or an ack exactly if its JSON is JSON.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b)
		if err != nil {
			if diff := cmp.Diff(Packet{}, p); diff != "" {
				t.Error(diff)
			}
			return
		}
		again, err := Parse(Append(nil, p))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(p, again); diff != "" {
			t.Error(diff)
		}
		if len(p.Endpoint) > MaxEndpoint || p.WantsData && !p.HasID {
			t.Errorf("beyond the limits: %+v", p)
		}
		array, err := AppendArray(nil, p)
		if err != nil {
			if len(array) > 0 {
				t.Errorf("%v, and still %s", err, array)
			}
			return
		}
		var values []any
		if p.Type == Message && json.Unmarshal(array, &values) != nil {
			t.Errorf("a text became %s", array)
		}
	})
}

// FuzzEvent: what an object says as an event, the array says too, by way of encoding/json.
func FuzzEvent(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add([]byte(v.Value.Data))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		var want struct {
			Name json.RawMessage   `json:"name"`
			Args []json.RawMessage `json:"args"`
		}
		var members map[string]json.RawMessage
		p := Packet{Type: Event, Data: trimSpace(object)}
		if !enclosed(p.Data, '{', '}') || !utf8.Valid(object) || bytes.Contains(object, []byte(`\u`)) {
			return // of keys that are written with escapes nobody has ever heard
		}
		array, err := AppendArray(nil, p)
		if err != nil || json.Unmarshal(object, &members) != nil {
			return
		}
		_ = json.Unmarshal(members["name"], &want.Name)
		if members["args"] != nil && json.Unmarshal(members["args"], &want.Args) != nil {
			t.Fatalf("%s from %s", array, object)
		}
		var got []json.RawMessage
		if err := json.Unmarshal(array, &got); err != nil {
			t.Fatalf("%s from %s: %v", array, object, err)
		}
		if diff := cmp.Diff(append([]json.RawMessage{want.Name}, want.Args...), got, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzFromArray: an event is the same after it has been a packet of this protocol.
func FuzzFromArray(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add([]byte(v.Value.Array))
	}
	f.Fuzz(func(t *testing.T, array []byte) {
		var values []any
		if json.Unmarshal(array, &values) != nil || len(values) == 0 {
			return
		}
		if _, isName := values[0].(string); !isName {
			return
		}
		compact, err := json.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		p := FromArray(compact)
		parsed, err := Parse(Append(nil, p))
		if err != nil {
			t.Fatal(err)
		}
		back, err := AppendArray(nil, parsed)
		if err != nil {
			t.Fatal(err)
		}
		var again []any
		if err := json.Unmarshal(back, &again); err != nil {
			t.Fatalf("%s became %s: %v", compact, back, err)
		}
		if diff := cmp.Diff(values, again); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzNextFrame: a body never panics, what it holds stands in it, and holding it again gives it again.
func FuzzNextFrame(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		var packets [][]byte
		for rest := body; rest != nil; {
			packet, next, err := NextFrame(rest)
			if err != nil {
				return
			}
			if next != nil && len(next) >= len(rest) {
				t.Fatalf("%q left %q", rest, next)
			}
			packets = append(packets, packet)
			rest = next
		}
		var again []byte
		for _, p := range packets {
			again = AppendFrame(again, p)
		}
		for rest := again; rest != nil; {
			packet, next, err := NextFrame(rest)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(packets[0]), string(packet)); diff != "" {
				t.Fatal(diff)
			}
			packets, rest = packets[1:], next
		}
	})
}

// FuzzUnits: a length is what JavaScript would say.
func FuzzUnits(f *testing.F) {
	for _, text := range []string{"", "a", "é", "漢", "👩‍🚀", "\ufffd", "\U0010ffff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		want := len(utf16.Encode([]rune(text)))
		if got := units([]byte(text)); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
		if size, ok := cutUnits([]byte(text), uint64(want)); !ok || size != len(text) {
			t.Errorf("%q: %d units are %d bytes, %v", text, want, size, ok)
		}
	})
}

// FuzzScripts: a text in a script is that text, and cannot end the script.
func FuzzScripts(f *testing.F) {
	seed(f)
	f.Add([]byte("</script><!--<script>\u2028\u2029\x00\x7f/\\/"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) {
			return
		}
		for _, script := range []struct {
			got           []byte
			before, after string
		}{
			{AppendJSONP(nil, "7", text), "io.j[7](", ");"},
			{AppendHTMLFile(nil, text), "<script>_(", ");</script>"},
		} {
			inner := string(script.got[len(script.before) : len(script.got)-len(script.after)])
			var back string
			if err := json.Unmarshal([]byte(inner), &back); err != nil || back != string(text) {
				t.Errorf("%q became %s: %v", text, inner, err)
			}
			for _, r := range inner {
				if r == '\u2028' || r == '\u2029' || r == '<' && script.before[0] == '<' {
					t.Errorf("%q in %s", r, inner)
				}
			}
		}
		if body, err := ParseJSONPForm(text); err == nil && !beginsBody(text) && !json.Valid(text) {
			t.Errorf("%q was taken for %q", text, body)
		}
	})
}

// FuzzConn holds the machine to what must be true whatever happens: it ends once, says nothing after
// that, and its deadline lies ahead of every tick.
func FuzzConn(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	f.Fuzz(func(t *testing.T, events []byte) {
		c := NewConn(&Timing{25, 60, 60, 20, 8, 30}, 0)
		ended, now := false, time.Duration(0)
		for i, b := range events {
			now += time.Duration(b >> 3)
			e := disturb(&c, b&7, b&8 != 0, now)
			if ended && e != 0 {
				t.Fatalf("event %d: %q after the end", i, names(e))
			}
			if b&7 == tick && !ended && e&engineio.End == 0 && c.Deadline() <= now {
				t.Fatalf("after a tick at %v the deadline is %v", now, c.Deadline())
			}
			ended = ended || e&engineio.End != 0
		}
	})
}

// tick is the event of disturb that is one.
const tick = 7

// disturb makes one of eight things happen.
func disturb(c *Conn, what byte, or bool, now time.Duration) engineio.Effects {
	carrier := engineio.WebSocket
	if or {
		carrier = engineio.Polling
	}
	switch what {
	case 0:
		c.Attach(carrier, now)
	case 1:
		c.Answered(now)
	case 2:
		return c.Lost(carrier, false, now)
	case 3:
		c.Admit(now)
	case 4:
		return c.Receive(carrier, engineio.Packet{Type: engineio.Pong}, now)
	case 5:
		return c.Receive(carrier, engineio.Packet{Type: engineio.Message}, now)
	case 6:
		if or {
			c.Pause()
		} else {
			c.Resume(now)
		}
	case tick:
		return c.Tick(now)
	}
	return 0
}
