package payload

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitEvent(t *testing.T) {
	for _, c := range []struct {
		name, json string
		event      string
		args       string // as JSON
		fails      bool
	}{
		{name: "no arguments", json: `["ping"]`, event: "ping", args: `[]`},
		{name: "arguments", json: `["order",{"id":1},[2]]`, event: "order", args: `[{"id":1},[2]]`},
		{name: "white space", json: " [ \"a\" , 1 ] ", event: "a", args: `[1]`},
		{name: "empty name", json: `["",1]`, event: "", args: `[1]`},
		{name: "escapes in the name", json: `["\u043a\"\ud83d\ude00"]`, event: `к"😀`, args: `[]`},
		{name: "name that is not UTF-8", json: "[\"a\xff\"]", event: "a\uFFFD", args: `[]`},
		{name: "number", json: `[42,"x"]`, event: "42", args: `["x"]`},
		{name: "negative number", json: `[-7]`, event: "-7", args: `[]`},
		{name: "minus zero", json: `[-0]`, event: "0", args: `[]`},
		{name: "number with exponent", json: `[1e3]`, event: "1000", args: `[]`},
		{name: "largest uint64", json: `[18446744073709551615]`, event: "18446744073709551615", args: `[]`},
		{name: "smallest int64", json: `[-9223372036854775808]`, event: "-9223372036854775808", args: `[]`},
		{name: "large number", json: `[1000000000000000000000]`, event: "1e+21", args: `[]`},
		{name: "seventeen arguments", json: `["a"` + strings.Repeat(",0", 17) + `]`, event: "a", args: `[0` + strings.Repeat(",0", 16) + `]`},

		{name: "number that is not finite", json: `[1e999]`, fails: true},
		{name: "empty array", json: `[]`, fails: true},
		{name: "null first", json: `[null]`, fails: true},
		{name: "array first", json: `[["a"]]`, fails: true},
		{name: "object", json: `{}`, fails: true},
		{name: "nothing", json: ``, fails: true},
		{name: "not closed", json: `["a"`, fails: true},
		{name: "comma at the end", json: `["a",]`, fails: true},
		{name: "no comma", json: `["a" 1]`, fails: true},
		{name: "something after it", json: `["a"]1`, fails: true},
		{name: "placeholder as name", json: `[{"_placeholder":true,"num":0}]`, fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			event, args, err := SplitEvent([]byte("before"), []byte(c.json), [][]byte{{1}}, Limits{})
			if (err != nil) != c.fails {
				t.Fatalf("error %v, want one: %v", err, c.fails)
			}
			if c.fails {
				if event != "" || string(args) != "before" {
					t.Errorf("after an error: %q, %q", event, args)
				}
				return
			}
			if event != c.event {
				t.Errorf("event %q, want %q", event, c.event)
			}
			text, _, err := AppendJSON(nil, bytes.TrimPrefix(args, []byte("before")), nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.args, string(text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSplitEvent_puts_attachments_into_arguments(t *testing.T) {
	text := `["file",{"_placeholder":true,"num":1},{"body":{"num":0,"_placeholder":true}}]`
	atts := [][]byte{{1}, {2, 3}}
	_, args, err := SplitEvent(nil, []byte(text), atts, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := []byte("\x92\xc4\x02\x02\x03\x81\xa4body\xc4\x01\x01")
	if diff := cmp.Diff(want, args); diff != "" {
		t.Error(diff)
	}
}

func TestAppendEventJSON(t *testing.T) {
	for _, c := range []struct{ name, event, args, want string }{
		{"no arguments", "ping", "\x90", `["ping"]`},
		{"arguments", "order", "\x92\x01\xa1x", `["order",1,"x"]`},
		{"name with escapes", "a\"\n\x00", "\x90", `["a\"\n\u0000"]`},
		{"name that is not UTF-8", "\xff", "\x90", `["` + replacement + `"]`},
		{"attachment", "f", "\x91\xc4\x01\x07", `["f",{"_placeholder":true,"num":1}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, atts, err := AppendEventJSON([]byte("2"), c.event, []byte(c.args), [][]byte{{6}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("2"+c.want, string(text)); diff != "" {
				t.Error(diff)
			}
			if got, want := len(atts), 1+strings.Count(c.want, placeholderKey); got != want {
				t.Errorf("%d attachments, want %d", got, want)
			}
		})
	}
	for name, args := range map[string]string{
		"map": "\x80", "nil": "\xc0", "nothing": "", "two arrays": "\x90\x90", "cut": "\x91",
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			text, _, err := AppendEventJSON([]byte("2"), "x", []byte(args), nil)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || string(text) != "2" {
				t.Errorf("got %q, %v", text, err)
			}
		})
	}
}

func TestAppendJSON_attachments_alias_the_input(t *testing.T) {
	mp := []byte{0xc4, 1, 7}
	_, atts, err := AppendJSON(nil, mp, nil)
	if err != nil {
		t.Fatal(err)
	}
	if &atts[0][0] != &mp[2] {
		t.Error("copied")
	}
	if grown := append(atts[0], 9); &grown[0] == &mp[2] {
		t.Error("appending to an attachment would write into the input")
	}
}

func TestAppendJSON_counts_attachments_of_earlier_values(t *testing.T) {
	ten := make([][]byte, MaxAttachments)
	if _, _, err := AppendJSON(nil, []byte{0xc4, 0}, ten); !errors.Is(err, ErrTooManyAttachments) {
		t.Errorf("eleventh attachment: %v", err)
	}
	lookalike := []byte("\x81\xac_placeholder\xc2")
	if _, _, err := AppendJSON(nil, lookalike, ten[:1]); !errors.Is(err, ErrPlaceholder) {
		t.Errorf("map like a placeholder beside an earlier attachment: %v", err)
	}
}

func TestLimits_depth(t *testing.T) {
	two, three := []byte(`[{"a":1}]`), []byte(`[{"a":[]}]`)
	lim := Limits{Depth: 2}
	mp, err := AppendMessagePack(nil, two, nil, lim)
	if err != nil {
		t.Error(err)
	}
	if _, err := Validate(mp, lim); err != nil {
		t.Error(err)
	}
	if _, err := AppendMessagePack(nil, three, nil, lim); !errors.Is(err, ErrTooDeep) {
		t.Errorf("JSON: %v", err)
	}
	if _, err := Validate([]byte("\x91\x81\xa1a\x90"), lim); !errors.Is(err, ErrTooDeep) {
		t.Errorf("MessagePack: %v", err)
	}
	if _, _, err := SplitEvent(nil, []byte(`["x",[[]]]`), nil, lim); !errors.Is(err, ErrTooDeep) {
		t.Errorf("event: %v", err)
	}
	if _, err := Validate(nested(MaxDepth+1), Limits{Depth: 1000}); !errors.Is(err, ErrTooDeep) {
		t.Errorf("a limit above MaxDepth: %v", err)
	}
}

func TestLimits_bytes(t *testing.T) {
	lim := Limits{Bytes: 4}
	for text, ok := range map[string]bool{
		`[1,2,3]`: true, `[1,2,3,4]`: false, `"abc"`: true, `"abcd"`: false, `1.5`: false, `"\u0061bcd"`: false,
	} {
		_, err := AppendMessagePack([]byte("what is there does not count"), []byte(text), nil, lim)
		if ok && err != nil || !ok && !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := AppendMessagePack(nil, []byte(`{"_placeholder":true,"num":0}`), [][]byte{make([]byte, 100)}, Limits{Bytes: 100}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("attachment with its header: %v", err)
	}
}

func TestErrors_say_where_and_which_limit(t *testing.T) {
	_, err := AppendMessagePack(nil, []byte(`[1,}`), nil, Limits{})
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Offset != 3 {
		t.Errorf("got %v", err)
	}
	if err := tooDeep(64); !strings.Contains(err.Error(), "64") {
		t.Error(err)
	}
}

// nested returns n arrays, each in the one before.
func nested(n int) []byte {
	return append(bytes.Repeat([]byte{0x91}, n-1), 0x90)
}

// TestBombs: bytes that kill or stall other decoders are refused, in no more memory than a small
// constant. What took them minutes or gigabytes would show in this test's time too.
func TestBombs(t *testing.T) {
	const million = 1_000_000
	for name, bomb := range map[string][]byte{
		"map of four thousand million":     {0xdf, 0xff, 0xff, 0xff, 0xff},
		"map of sixteen million":           {0xdf, 0x00, 0xf4, 0x24, 0x00},
		"array of four thousand million":   {0xdd, 0xff, 0xff, 0xff, 0xff},
		"array of sixteen million":         {0xdd, 0x00, 0xff, 0xff, 0xf0},
		"bytes of two thousand million":    {0xc6, 0x7f, 0xff, 0xff, 0xff},
		"string of four thousand million":  {0xdb, 0xff, 0xff, 0xff, 0xff},
		"five million arrays":              bytes.Repeat([]byte{0x91}, 5*million),
		"a million closed arrays":          nested(million),
		"five million maps":                bytes.Repeat([]byte{0x81}, 5*million),
		"arrays that promise all the rest": bytes.Repeat([]byte{0xdd, 0x00, 0x00, 0xff, 0xff}, million),
		"a million attachments":            append([]byte{0xdd, 0x00, 0x0f, 0x42, 0x40}, bytes.Repeat([]byte{0xc4, 0x00}, million)...),
	} {
		t.Run("MessagePack, "+name, func(t *testing.T) {
			checkAllocated(t, func() error {
				_, err := Validate(bomb, Limits{})
				if name == "a million attachments" && err != nil {
					t.Errorf("it is good MessagePack: %v", err)
				}
				_, _, err = AppendJSON(nil, bomb, nil)
				return err
			})
		})
	}
	placeholders := "[" + strings.Repeat(`{"_placeholder":true,"num":0},`, 10_000) + "0]"
	for name, bomb := range map[string]string{
		"five million arrays":                    strings.Repeat("[", 5*million),
		"five million objects":                   strings.Repeat(`{"a":`, million),
		"one attachment used ten thousand times": placeholders,
	} {
		t.Run("JSON, "+name, func(t *testing.T) {
			text := []byte(bomb)
			attachment := make([]byte, 100_000)
			out := make([]byte, 0, 4*million)
			checkAllocated(t, func() error {
				_, err := AppendMessagePack(out, text, [][]byte{attachment}, Limits{Bytes: 2 * million})
				return err
			})
		})
	}
	t.Run("JSON, number of a million digits", func(t *testing.T) {
		digits := strings.Repeat("9", million)
		for _, text := range []string{digits, "0." + digits, "1e" + digits, "-" + digits} {
			mp, err := AppendMessagePack(nil, []byte(text), nil, Limits{})
			if err != nil || len(mp) != 9 {
				t.Errorf("%d bytes, %v", len(mp), err)
			}
		}
	})
	t.Run("JSON, arrays that widen at every level", func(t *testing.T) {
		inner := "[" + strings.Repeat("0,", 70_000) + "0]"
		text := strings.Repeat("[0,", MaxDepth-1) + inner + strings.Repeat(strings.Repeat(",0", 16)+"]", MaxDepth-1)
		if _, err := AppendMessagePack(nil, []byte(text), nil, Limits{}); err != nil {
			t.Error(err)
		}
	})
}

// checkAllocated runs a call that has to fail, within 1 MiB of new memory.
func checkAllocated(t *testing.T, call func() error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := call()
	runtime.ReadMemStats(&after)
	if err == nil {
		t.Error("accepted")
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("%d bytes were allocated", got)
	}
}

// TestAppendJSON_survives_what_was_not_validated: its contract asks for validated bytes, but a
// mistake of a caller must not become a crash.
func TestAppendJSON_survives_what_was_not_validated(t *testing.T) {
	whole := []byte("\x93\xda\x00\x02ab\xc5\x00\x01x\x82\xa1k\xd6\xff\x00\x00\x00\x01\x07\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00")
	if _, _, err := AppendJSON(nil, whole, nil); err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, _, err := AppendJSON(nil, whole[:n], nil); err == nil {
			t.Errorf("%d bytes of %d are accepted", n, len(whole))
		}
	}
}

func TestAppendJSON_numbers_of_every_exponent(t *testing.T) {
	for e := -324; e <= 308; e++ {
		f := math.Pow(10, float64(e))
		text := string(appendJSONFloat(nil, f))
		mp, err := AppendMessagePack(nil, []byte(text), nil, Limits{})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if exponent := strings.Contains(text, "e"); exponent != (f != 0 && (f < 1e-6 || f >= 1e21)) {
			t.Errorf("1e%d is written %s", e, text)
		}
		again, _, err := AppendJSON(nil, mp, nil)
		if err != nil || string(again) != text {
			t.Errorf("%s came back as %s, %v", text, again, err)
		}
	}
}
