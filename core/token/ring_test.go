package token

import (
	"fmt"
	"testing"
)

// shown is the secrets of a ring, a letter for each.
func shown(r *Ring) string {
	keys, dropped := r.Keys()
	text := ""
	for _, key := range keys {
		text += string(key)
	}
	if dropped {
		text += "…"
	}
	return text
}

func keys(letters string) [][]byte {
	var list [][]byte
	for _, letter := range letters {
		list = append(list, []byte(string(letter)))
	}
	return list
}

func TestRing_over_a_change_of_the_secret(t *testing.T) {
	var r Ring
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() { r.Add("old web", keys("a")) }, "a"},
		{func() { r.Add("old job", keys("a")) }, "a"},
		{func() { r.Add("console", nil) }, "a"},
		{func() { r.Add("new web", keys("ba")) }, "ba"},
		{func() { r.Remove("old web") }, "ba"},
		{func() { r.Remove("new web") }, "ba"},
		{func() { r.Remove("old job") }, "ba"}, // nobody is there: what the newest brought counts on
		{func() { r.Add("newer web", keys("b")) }, "b"},
		{func() { r.Remove("newer web") }, "b"},
	} {
		step.do()
		if got := shown(&r); got != step.want {
			t.Fatalf("got %q, want %q", got, step.want)
		}
	}
	if r.Remove("console") || r.Remove("stranger") {
		t.Error("who brought nothing was there")
	}
}

func TestRing_the_newest_come_first_and_the_rest_is_bounded(t *testing.T) {
	var r Ring
	for i := range maxKeys + 4 {
		r.Add(i, keys(fmt.Sprint(string(rune('a'+i)))))
	}
	if got := shown(&r); got != "tsrqponmlkjihgfe…" {
		t.Errorf("got %q", got)
	}
}
