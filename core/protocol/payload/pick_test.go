package payload

import (
	"bytes"
	"slices"
	"testing"
)

// object is a JSON object as MessagePack.
func object(t *testing.T, text string) []byte {
	t.Helper()
	b, err := AppendMessagePack(nil, []byte(text), nil, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPickStrings(t *testing.T) {
	for _, c := range []struct {
		in, rest string
		want     []string
	}{
		{`{}`, `{}`, []string{"", ""}},
		{`{"token":"t"}`, `{"token":"t"}`, []string{"", ""}},
		{`{"pid":"p"}`, `{}`, []string{"p", ""}},
		{`{"a":[1,{"pid":"x"}],"pid":"p","b":{"offset":1},"offset":"o"}`, `{"a":[1,{"pid":"x"}],"b":{"offset":1}}`, []string{"p", "o"}},
		{`{"pid":1,"offset":["o"]}`, `{}`, []string{"", ""}},
		{`{"pid":"first","pid":"last"}`, `{}`, []string{"last", ""}},
		{`[1]`, `[1]`, []string{"", ""}},
		{`"pid"`, `"pid"`, []string{"", ""}},
	} {
		values, rest := PickStrings(object(t, c.in), "pid", "offset")
		if !slices.Equal(values, c.want) || !bytes.Equal(rest, object(t, c.rest)) {
			t.Errorf("%s: got %q and %x", c.in, values, rest)
		}
	}
}

func TestPickStrings_of_a_large_map(t *testing.T) {
	in := []byte(`{"pid":"p"`)
	for i := range 70_000 {
		in = append(in, `,"k`...)
		in = append(in, byte('a'+i%26), '"', ':', '1')
	}
	values, rest := PickStrings(object(t, string(append(in, '}'))), "pid")
	if values[0] != "p" {
		t.Errorf("got %q", values)
	}
	if n, err := Validate(rest, Limits{}); err != nil || n != len(rest) {
		t.Errorf("rest: %d of %d bytes, %v", n, len(rest), err)
	}
}

func TestPickStrings_leaves_broken_input_alone(t *testing.T) {
	whole := object(t, `{"a":[1,2,{"b":"c"}],"pid":"p"}`)
	for n := range whole {
		values, rest := PickStrings(whole[:n], "pid")
		if values[0] != "" || !bytes.Equal(rest, whole[:n]) {
			t.Errorf("%d bytes: got %q, %x", n, values, rest)
		}
	}
}
