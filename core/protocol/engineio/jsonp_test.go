package engineio

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestJSONPIndex(t *testing.T) {
	for parameter, want := range map[string]string{
		"": "0", "0": "0", "7": "7", "12": "12", "abc9x": "9", "1;alert(1)": "11", "x": "0", "-1": "1",
		"1234567890123": "123456789",
	} {
		if got := JSONPIndex([]byte(parameter)); got != want {
			t.Errorf("%q is %s, want %s", parameter, got, want)
		}
	}
}

func TestAppendJSONP(t *testing.T) {
	for body, want := range map[string]string{
		"":                   `___eio[7]("");`,
		`6:42["a"]`:          `___eio[7]("6:42[\"a\"]");`,
		"4a\x1ebAQID":        `___eio[7]("4a\u001ebAQID");`,
		`42["\n"]`:           `___eio[7]("42[\"\\n\"]");`,
		"line\nline\r\u2028": `___eio[7]("line\nline\u000d\u2028");`,
		"é\u2029😀":           `___eio[7]("é\u2029😀");`,
		"\xff":               "___eio[7](\"\ufffd\");",
		"</script>":          `___eio[7]("</script>");`,
	} {
		if got := string(AppendJSONP(nil, "7", []byte(body))); got != want {
			t.Errorf("%q: got %s, want %s", body, got, want)
		}
	}
}

func TestParseJSONPForm(t *testing.T) {
	for field, want := range map[string]string{
		``:             ``,
		`6:42["a"]`:    `6:42["a"]`,
		`4a\nb`:        "4a\nb",
		`\n`:           "\n",
		`n\\n\\\nnn`:   "n\\n\\\\nnn",
		`["a\\nb"]`:    `["a\nb"]`,
		`["a\\\nb"]`:   `["a\\nb"]`,
		`["a\\"]`:      `["a\\"]`,
		`["\\\\\n"]`:   `["\\\\n"]`,
		"a\\\r\\nn\\n": "a\\\r\nn\n",
	} {
		if got := string(ParseJSONPForm([]byte(field))); got != want {
			t.Errorf("%q: got %q, want %q", field, got, want)
		}
	}
}

// written is what the clients put in their form's field.
func written(body string) string {
	body = strings.ReplaceAll(body, `\n`, "\\\n")
	return strings.ReplaceAll(body, "\n", `\n`)
}

// Any body: a script is read back as JSON and has nothing that ends its line; a form is read back as it
// was.
func FuzzJSONP(f *testing.F) {
	for _, seed := range []string{"", `6:42["a\n"]`, "a\nb", `\\n`, "\u2028\"", `\`, "\\\n", "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		script := AppendJSONP(nil, "0", body)
		quoted, ok := bytes.CutPrefix(script, []byte("___eio[0]("))
		quoted, ok2 := bytes.CutSuffix(quoted, []byte(");"))
		var text string
		if err := json.Unmarshal(quoted, &text); !ok || !ok2 || err != nil {
			t.Fatalf("%q: %v", script, err)
		}
		if utf8.Valid(body) && text != string(body) {
			t.Errorf("%q came back as %q", body, text)
		}
		if bytes.ContainsAny(script, "\n\r\u2028\u2029") {
			t.Errorf("%q has a line break", script)
		}
		ParseJSONPForm(body)
		if bytes.Contains(body, []byte("\\\n")) {
			return // clients write a backslash at a line's end as they write `\n`; no JSON has one
		}
		if got := string(ParseJSONPForm([]byte(written(string(body))))); got != string(body) {
			t.Errorf("%q came back as %q", body, got)
		}
	})
}
