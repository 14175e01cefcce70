package payload

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

// Both directions value by value are in conformance/vectors/msgpack-parser.json, which the tests of
// core/protocol/packed walk.

func TestAppendFromNotepack_dates_are_the_same_instant(t *testing.T) {
	for _, millis := range []int64{
		0, 1, -1, 999, 1000, -1000, -1001, 1700000000123, 1<<32 - 1, 1 << 32, 1000 << 32, 1000 << 34, 1000<<34 - 1,
		maxDateMillis, -maxDateMillis,
	} {
		date := notepackDate(millis)
		mp, err := AppendFromNotepack(nil, date, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		var got time.Time
		if err := msgpack.Unmarshal(mp, &got); err != nil {
			t.Fatal(err)
		}
		if want := time.UnixMilli(millis); !got.Equal(want) {
			t.Errorf("%d became %v, want %v", millis, got, want)
		}
		if back, err := AppendNotepack(nil, mp); err != nil || !bytes.Equal(back, date) {
			t.Errorf("%x came back as %x, %v", date, back, err)
		}
	}
}

func notepackDate(millis int64) []byte {
	b := []byte{mpFixExt8, notepackExt}
	for shift := 56; shift >= 0; shift -= 8 {
		b = append(b, byte(millis>>shift))
	}
	return b
}

func TestAppendFromNotepack_says_which_limit(t *testing.T) {
	deep := append(bytes.Repeat([]byte{0x91}, MaxDepth+1), mpNil)
	if _, err := AppendFromNotepack(nil, deep, Limits{}); !errors.Is(err, ErrTooDeep) {
		t.Errorf("deep: %v", err)
	}
	if _, err := AppendFromNotepack(nil, deep[1:], Limits{}); err != nil {
		t.Errorf("not too deep: %v", err)
	}
	// Inside of an event's array one level less is left.
	event := append([]byte{0x92, 0xa1, 'x'}, deep[1:]...)
	if _, _, err := SplitNotepackEvent(nil, event, Limits{}); !errors.Is(err, ErrTooDeep) {
		t.Errorf("event: %v", err)
	}
	garbage := append([]byte{0xd9, 100}, bytes.Repeat([]byte{0xff}, 100)...)
	if _, err := AppendFromNotepack(nil, garbage, Limits{Bytes: 200}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("text that grows: %v", err)
	}
	if mp, err := AppendFromNotepack([]byte("before"), garbage, Limits{Bytes: 100}); err == nil || string(mp) != "before" {
		t.Errorf("after an error: %q", mp)
	}
}

// TestNotepack_survives_what_was_not_validated: see the test of this name for AppendJSON.
func TestNotepack_survives_what_was_not_validated(t *testing.T) {
	whole := []byte("\x94\xda\x00\x02ab\xc5\x00\x01x\x82\xa1k\xd7\x00\x00\x00\x00\x00\x00\x00\x00\x01\x07\xd4\x00\x00\xa1\xff")
	if _, err := AppendFromNotepack(nil, whole, Limits{}); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := AppendFromNotepack(nil, whole[:n], Limits{}); err == nil {
			t.Errorf("read: %d bytes of %d are accepted", n, len(whole))
		}
		if _, err := AppendNotepack(nil, whole[:n]); err == nil {
			t.Errorf("write: %d bytes of %d are accepted", n, len(whole))
		}
	}
	if _, err := AppendNotepackEvent(nil, "x", []byte{0x80}); err == nil {
		t.Error("arguments that are no array are accepted")
	}
}

func TestAppendNotepackEvent_with_more_behind_the_arguments(t *testing.T) {
	for n := range 17 { // across the width of a small array's header
		args := arrayHead.append(nil, n)
		for range n {
			args = append(args, mpTrue)
		}
		mp, err := AppendNotepackEvent([]byte("before"), "e", args, "x", "y\xff")
		if err != nil {
			t.Fatal(err)
		}
		text, _, err := AppendJSON(nil, mp[len("before"):], nil)
		want := `["e"` + strings.Repeat(",true", n) + `,"x","y�"]`
		if err != nil || string(text) != want {
			t.Errorf("%d arguments: %s, %v, want %s", n, text, err, want)
		}
	}
}

func TestAppendInlineJSON(t *testing.T) {
	bins := make([]any, MaxAttachments+1)
	for i := range bins {
		bins[i] = []byte{byte(i)}
	}
	for _, c := range []struct {
		name  string
		value any
		want  string
	}{
		{"bytes at any depth", []any{"x", map[string]any{"b": []byte{0xfb, 0xff, 0}}}, `["x",{"b":"+/8A"}]`},
		{"one byte, padded", []byte{1}, `"AQ=="`},
		{"no bytes", []byte{}, `""`},
		{
			"more than attachments there may be", bins,
			`["AA==","AQ==","Ag==","Aw==","BA==","BQ==","Bg==","Bw==","CA==","CQ==","Cg=="]`,
		},
		{"a placeholder beside bytes is data", []any{map[string]any{"_placeholder": true}, []byte{1}}, `[{"_placeholder":true},"AQ=="]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			mp, err := msgpack.Marshal(c.value)
			if err != nil {
				t.Fatal(err)
			}
			got, err := AppendInlineJSON([]byte("before"), mp)
			if err != nil || string(got) != "before"+c.want {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
		})
	}
	if got, err := AppendInlineJSON([]byte("before"), []byte{0xc4, 5, 1}); err == nil || string(got) != "before" {
		t.Errorf("after an error: %s, %v", got, err)
	}
}

func TestValue(t *testing.T) {
	mp := func(v any) Value {
		b, err := msgpack.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		v    Value
		n    uint64
		isIt bool
	}{
		{Value{5}, 5, true},
		{Value{0xd0, 5}, 5, true},
		{Value{0xff}, 0, false},
		{mp(uint64(math.MaxUint64)), math.MaxUint64, true},
		{mp(float64(1 << 53)), 1 << 53, true},
		{mp(float32(3)), 3, true},
		{mp(float64(1<<53 + 2)), 0, false},
		{mp(0.5), 0, false},
		{mp(-1.0), 0, false},
		{mp(math.NaN()), 0, false},
		{mp("5"), 0, false},
		{nil, 0, false},
	} {
		if n, ok := c.v.Uint(); ok != c.isIt || ok && n != c.n {
			t.Errorf("%x is %d, %v", []byte(c.v), n, ok)
		}
	}
	for _, absent := range []string{"c0", "d40000"} {
		if !Value(unhex(t, absent)).IsAbsent() {
			t.Errorf("%s is there", absent)
		}
	}
	for _, there := range []string{"", "00", "d40001", "d40100", "c7010000", "d5000000"} {
		if got := Value(unhex(t, there)).IsAbsent(); got != (there == "d40001") {
			t.Errorf("%s is absent: %v", there, got)
		}
	}
}

// FuzzFromNotepack: what is accepted is MessagePack that the app link takes, comes back through
// notepack as it was, and is written there as it was read.
func FuzzFromNotepack(f *testing.F) {
	addVectors(f, func(wire, _ []byte) { f.Add(wire) })
	for _, seed := range []string{"92d40000d70000000000000003e8", "91c702000102", "8105a1ff", "d7ff0000000800000001", "c70cff000000007fffffffffffffff"} {
		b, _ := hex.DecodeString(seed)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		mp, err := AppendFromNotepack(nil, b, Limits{})
		n, validErr := Validate(b, Limits{})
		if err != nil {
			return
		}
		if validErr != nil || n != len(b) {
			t.Fatalf("accepted, although Validate says %d of %d bytes, %v", n, len(b), validErr)
		}
		if n, err := Validate(mp, Limits{Bytes: max(3*len(b), 1)}); err != nil || n != len(mp) {
			t.Fatalf("%x became %x: %d bytes, %v", b, mp, n, err)
		}
		packed, err := AppendNotepack(nil, mp)
		if err != nil {
			t.Fatalf("%x cannot be written: %v", mp, err)
		}
		again, err := AppendFromNotepack(nil, packed, Limits{})
		if err != nil {
			t.Fatalf("%x cannot be read: %v", packed, err)
		}
		if third, err := AppendNotepack(nil, again); err != nil || !bytes.Equal(third, packed) {
			t.Errorf("%x, then %x, %v", packed, third, err)
		}
	})
}

// FuzzForms: what clients of Socket.IO's own parser can be sent, all can, and those without binary
// are told the same.
func FuzzForms(f *testing.F) {
	addVectors(f, func(wire, _ []byte) { f.Add(wire) })
	f.Fuzz(func(t *testing.T, b []byte) {
		text, atts, err := AppendJSON(nil, b, nil)
		if err != nil {
			return
		}
		packed, err := AppendNotepack(nil, b)
		if err != nil {
			t.Fatalf("%x as notepack: %v", b, err)
		}
		if n, err := Validate(packed, Limits{}); err != nil || n != len(packed) {
			t.Fatalf("%x became %x: %d bytes, %v", b, packed, n, err)
		}
		inline, err := AppendInlineJSON(nil, b)
		if err != nil || !json.Valid(inline) {
			t.Fatalf("%x inline: %s, %v", b, inline, err)
		}
		if len(atts) > 0 {
			for i, a := range atts {
				placeholder := placeholderHead + string(appendJSONScalar(nil, token{kind: kindUint, n: uint64(i)})) + "}"
				text = bytes.Replace(text, []byte(placeholder), []byte(`"`+base64.StdEncoding.EncodeToString(a)+`"`), 1)
			}
		}
		if !bytes.Equal(text, inline) {
			t.Errorf("inline %s, want %s", inline, text)
		}
	})
}

// FuzzValue: the methods of Value never panic, whatever the bytes are.
func FuzzValue(f *testing.F) {
	addVectors(f, func(wire, _ []byte) { f.Add(wire) })
	f.Fuzz(func(t *testing.T, b []byte) {
		v := Value(b)
		_, isText := v.Text()
		if _, err := Validate(b, Limits{}); err == nil && isText != v.IsText() {
			t.Error("text, and not")
		}
		v.Uint()
		v.IsNumber()
		v.IsArray()
		v.IsAbsent()
		v.First()
		size := 0
		for key, value := range v.Pairs() {
			size += len(key) + len(value)
		}
		if size > len(b) {
			t.Errorf("pairs of %d bytes in %d", size, len(b))
		}
	})
}

func BenchmarkNotepack(b *testing.B) {
	for _, s := range samples {
		mp := sampleMessagePack(b, s.json)
		dst := make([]byte, 0, 1<<16)
		b.Run("append, "+strings.ReplaceAll(s.name, " ", "_"), func(b *testing.B) {
			b.SetBytes(int64(len(mp)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := AppendNotepack(dst, mp); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
