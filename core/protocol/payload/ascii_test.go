package payload

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAppendASCII(t *testing.T) {
	for text, want := range map[string]string{
		``:                             ``,
		`["plain",1]`:                  `["plain",1]`,
		`["é"]`:                        `["\u00e9"]`,
		`["漢字 €"]`:                     `["\u6f22\u5b57 \u20ac"]`,
		`["👩‍🚀"]`:                      `["\ud83d\udc69\u200d\ud83d\ude80"]`,
		`{"ключ":"\u00e9"}`:            `{"\u043a\u043b\u044e\u0447":"\u00e9"}`,
		"[\"\u2028\U0010ffff\uffff\"]": `["\u2028\udbff\udfff\uffff"]`,
		"[\"\xff\xc3\"]":               `["\ufffd\ufffd"]`,
		`["12345678é"]`:                `["12345678\u00e9"]`,
		"[\"\x7f\u0080\"]":             "[\"\x7f\\u0080\"]",
	} {
		if got := string(AppendASCII([]byte("before "), []byte(text))); got != "before "+want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestAppendASCII_grows_as_it_says(t *testing.T) {
	for char, times := range map[string]int{"\u0080": 3, "é": 3, "€": 2, "😀": 3, "\xff": 6} {
		text := []byte(strings.Repeat(char, 100))
		if got := len(AppendASCII(nil, text)); got != times*len(text) {
			t.Errorf("%q: %d bytes from %d", char, got, len(text))
		}
	}
}

func TestAppendASCII_allocates_nothing(t *testing.T) {
	dst := make([]byte, 0, 4096)
	text := []byte(`["message",{"text":"é 漢字 👩‍🚀, and then a usual text of a usual size"}]`)
	if got := testing.AllocsPerRun(100, func() { dst = AppendASCII(dst[:0], text) }); got > 0 {
		t.Errorf("%.0f allocations", got)
	}
}

// FuzzAppendASCII: the result is ASCII, and JSON stays JSON with the same meaning.
func FuzzAppendASCII(f *testing.F) {
	addVectors(f, func(_, text []byte) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text []byte) {
		got := AppendASCII(nil, text)
		for _, b := range got {
			if b >= utf8.RuneSelf {
				t.Fatalf("%q became %q", text, got)
			}
		}
		if again := AppendASCII(nil, got); string(again) != string(got) {
			t.Fatalf("a second time %q became %q", got, again)
		}
		var want, value any
		if json.Unmarshal(text, &want) != nil {
			return
		}
		if err := json.Unmarshal(got, &value); err != nil || !reflect.DeepEqual(value, want) {
			t.Fatalf("%q became %q: %v", text, got, err)
		}
	})
}

func BenchmarkAppendASCII(b *testing.B) {
	for name, text := range map[string]string{
		"ASCII":  `["message",{"text":"` + strings.Repeat("a usual text ", 20) + `"}]`,
		"French": `["message",{"text":"` + strings.Repeat("un texte décidé ", 20) + `"}]`,
	} {
		b.Run(name, func(b *testing.B) {
			dst := make([]byte, 0, 4096)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				dst = AppendASCII(dst[:0], []byte(text))
			}
		})
	}
}
