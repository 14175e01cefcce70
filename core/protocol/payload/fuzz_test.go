package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/vmihailenco/msgpack/v5"
)

// addVectors seeds f with the MessagePack and the JSON of all vectors.
func addVectors(f *testing.F, add func(wire, text []byte)) {
	f.Helper()
	for _, v := range vectors(f) {
		add(unhex(f, v.Wire), []byte(v.Value.JSON))
	}
}

// FuzzValidate: Validate never panics, is not fooled by what follows or is cut, and takes for one
// value what another implementation takes for one.
func FuzzValidate(f *testing.F) {
	addVectors(f, func(wire, _ []byte) { f.Add(wire) })
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := Validate(b, Limits{})
		if err != nil {
			return
		}
		if n < 1 || n > len(b) {
			t.Fatalf("length %d of %d bytes", n, len(b))
		}
		if m, err := Validate(b[:n], Limits{Bytes: n}); m != n || err != nil {
			t.Errorf("alone it has %d bytes, not %d: %v", m, n, err)
		}
		if m, err := Validate(b[:n-1], Limits{}); err == nil {
			t.Errorf("a value of %d bytes is whole after %d", n, m)
		}
		if _, err := Validate(b, Limits{Bytes: n - 1}); n > 1 && !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d bytes within a limit of %d: %v", n, n-1, err)
		}
		if other := skip(t, b); other != n {
			t.Errorf("got %d bytes, another decoder reads %d", n, other)
		}
	})
}

// skip returns how many bytes the first value of b has for vmihailenco/msgpack.
func skip(t *testing.T, b []byte) int {
	t.Helper()
	r := bytes.NewReader(b)
	if err := msgpack.NewDecoder(r).Skip(); err != nil {
		t.Fatalf("another decoder refuses it: %v", err)
	}
	return len(b) - r.Len()
}

// FuzzAppendJSON: the output is always JSON, says what another implementation reads from the same
// bytes, and comes back as it was.
func FuzzAppendJSON(f *testing.F) {
	addVectors(f, func(wire, _ []byte) { f.Add(wire) })
	f.Fuzz(func(t *testing.T, b []byte) {
		n, validErr := Validate(b, Limits{})
		text, atts, err := AppendJSON(nil, b, nil)
		if validErr != nil {
			if err == nil {
				t.Fatalf("written, although Validate says %v", validErr)
			}
			return
		}
		if n != len(b) {
			if err == nil {
				t.Fatal("written, although something follows the value")
			}
			return
		}
		if err != nil {
			return
		}
		if !json.Valid(text) || !utf8.Valid(text) {
			t.Fatalf("not JSON: %q", text)
		}
		compareTrees(t, b, text)
		comesBack(t, text, atts)
	})
}

// compareTrees compares text with what two other implementations make of mp and of text. It leaves
// out what only one of the three can express.
func compareTrees(t *testing.T, mp, text []byte) {
	t.Helper()
	d := msgpack.NewDecoder(bytes.NewReader(mp))
	d.SetMapDecoder(func(d *msgpack.Decoder) (any, error) { return d.DecodeUntypedMap() })
	tree, err := d.DecodeInterface()
	if err != nil {
		return // an extension of an unknown type, or a time out of its range
	}
	var got any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if want, ok := asJSON(tree); ok {
		checkEqual(t, got, want)
	}
}

// checkEqual compares trees. (cmp.Diff takes time exponential in the depth of slices.)
func checkEqual(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, want %#v", got, want)
	}
}

// asJSON turns a tree of MessagePack into the one encoding/json would read; false if it holds a
// time or bytes (map order is lost in a tree, so the numbers of attachments are too).
func asJSON(v any) (any, bool) {
	switch v := v.(type) {
	case nil, bool:
		return v, true
	case string:
		return string([]rune(v)), true
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			var ok bool
			if out[i], ok = asJSON(x); !ok {
				return nil, false
			}
		}
		return out, true
	case map[any]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			y, ok := asJSON(x)
			if !ok {
				return nil, false
			}
			out[keyText(k)] = y
		}
		return out, len(out) == len(v) // else two keys have the same text
	}
	f, ok := asFloat(v)
	if !ok {
		return nil, false
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, true
	}
	return f, true
}

func keyText(k any) string {
	switch k := k.(type) {
	case nil:
		return "null"
	case string:
		return string([]rune(k))
	}
	return fmt.Sprint(k)
}

func asFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case int8:
		return float64(v), true
	case int16:
		return float64(v), true
	case int32:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint8:
		return float64(v), true
	case uint16:
		return float64(v), true
	case uint32:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float32:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// comesBack sends text and its attachments through MessagePack and expects the same again.
func comesBack(t *testing.T, text []byte, atts [][]byte) {
	t.Helper()
	mp, err := AppendMessagePack(nil, text, atts, Limits{})
	var syntax *SyntaxError
	switch {
	case errors.Is(err, ErrTooDeep):
		return // a placeholder is a level that bin is not
	case errors.As(err, &syntax) && syntax.What == whatPlaceholder:
		return // a map of the app that looks like one
	case err != nil:
		t.Fatalf("%s: %v", text, err)
	}
	if n, err := Validate(mp, Limits{}); n != len(mp) || err != nil {
		t.Fatalf("%s became %x: %d bytes, %v", text, mp, n, err)
	}
	again, attsAgain, err := AppendJSON(nil, mp, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), string(again)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(atts, attsAgain); diff != "" {
		t.Error(diff)
	}
}

// FuzzAppendMessagePack: exactly what encoding/json takes for JSON is taken, but for the limits and
// placeholders, and means the same there and back.
func FuzzAppendMessagePack(f *testing.F) {
	addVectors(f, func(_, text []byte) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text []byte) {
		mp, err := AppendMessagePack(nil, text, nil, Limits{})
		if errors.Is(err, ErrTooDeep) || errors.Is(err, ErrTooLarge) {
			return
		}
		var syntax *SyntaxError
		if errors.As(err, &syntax) && syntax.What == whatPlaceholder {
			return
		}
		if got, want := err == nil, json.Valid(text); got != want {
			t.Fatalf("accepted: %v (%v), encoding/json: %v", got, err, want)
		}
		if err != nil {
			return
		}
		if n, err := Validate(mp, Limits{}); n != len(mp) || err != nil {
			t.Fatalf("%x: %d bytes, %v", mp, n, err)
		}
		again, atts, err := AppendJSON(nil, mp, nil)
		if err != nil || atts != nil {
			t.Fatalf("%d attachments, %v", len(atts), err)
		}
		var want, got any
		if json.Unmarshal(text, &want) != nil {
			return // a number beyond float64
		}
		if err := json.Unmarshal(again, &got); err != nil {
			t.Fatal(err)
		}
		checkEqual(t, got, want)
	})
}

// FuzzSplitEvent: the parts of an event are the parts of its array, and make it again.
func FuzzSplitEvent(f *testing.F) {
	addVectors(f, func(_, text []byte) { f.Add(append(append([]byte(`["name",`), text...), ']')) })
	f.Add([]byte(`["name"]`))
	f.Add([]byte(` [ -1.50e2 , "a" ] `))
	f.Add([]byte(`["\u00e9\ud83d"]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		name, args, err := SplitEvent(nil, text, nil, Limits{})
		whole, wholeErr := AppendMessagePack(nil, text, nil, Limits{})
		if err != nil {
			return
		}
		if wholeErr != nil {
			t.Fatalf("split, although the whole is refused: %v", wholeErr)
		}
		if n, err := Validate(args, Limits{}); n != len(args) || err != nil {
			t.Fatalf("arguments %x: %d bytes, %v", args, n, err)
		}
		event, _, err := AppendEventJSON(nil, name, args, nil)
		if err != nil {
			t.Fatal(err)
		}
		want, _, err := AppendJSON(nil, whole, nil)
		if err != nil {
			t.Fatal(err)
		}
		var a, b []any
		if err := errors.Join(json.Unmarshal(event, &a), json.Unmarshal(want, &b)); err != nil {
			t.Fatal(err)
		}
		if _, number := b[0].(float64); number {
			first, _, _ := bytes.Cut(want[1:len(want)-1], []byte(","))
			b[0] = string(first)
		}
		checkEqual(t, a, b)
	})
}
