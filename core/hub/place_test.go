package hub

import "testing"

func TestPlace_comes_back_as_it_was_given(t *testing.T) {
	for _, c := range []struct {
		number, settled uint64
		text            string
	}{
		{0, 0, "0"},
		{100, 100, "2s"},
		{100, 99, "2s"},
		{100, 98, "2s-2"},
		{1<<64 - 1, 0, "3w5e11264sgsf-3w5e11264sgsf"},
	} {
		p := placeOf(c.number, c.settled)
		if got := p.String(); got != c.text {
			t.Errorf("%d, %d: %q, want %q", c.number, c.settled, got, c.text)
		}
		if got := parsePlace(c.text); got != p {
			t.Errorf("%q: %v, want %v", c.text, got, p)
		}
	}
}

func TestPlace_of_a_text_that_is_none_is_the_beginning(t *testing.T) {
	for _, text := range []string{"", "-", "é", "-1", "1-", "1-é", "1-2", "1-1-1", "+1", "3w5e11264sgsg", "~k3"} {
		if got := parsePlace(text); got != (place{}) {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestPlace_says_what_may_be_missing(t *testing.T) {
	p := placeOf(7, 4)
	for number, want := range map[uint64]bool{4: false, 5: true, 6: true, 7: false, 8: true} {
		if got := p.before(number); got != want {
			t.Errorf("%d: %t", number, got)
		}
	}
}

func FuzzPlace(f *testing.F) {
	for _, text := range []string{"0", "2s", "2s-2", "1-2", "~k3"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := parsePlace(text)
		if p.settled > p.number {
			t.Errorf("%q: %v", text, p)
		}
		if again := parsePlace(p.String()); again != p {
			t.Errorf("%q: %v is %v when it comes back", text, p, again)
		}
	})
}
