package engine

import (
	"slices"
	"testing"
)

// tracks is messages of a scope with these offsets.
func tracks(scope string, offsets ...uint64) []*Message {
	list := make([]*Message, len(offsets))
	for i, offset := range offsets {
		list[i] = NewMessage(EIO4, []byte("12345678"), nil).Tracked(scope, offset)
	}
	return list
}

func offsets(list []*Message) []uint64 {
	numbers := make([]uint64, 0, len(list))
	for _, m := range list {
		numbers = append(numbers, m.offset)
	}
	return numbers
}

func (t *trail) rememberAll(list []*Message, limit int) {
	for _, m := range list {
		t.remember(m, 1<<20, limit)
	}
}

func TestTrail_gives_what_a_client_has_missed(t *testing.T) {
	for _, c := range []struct {
		name   string
		offset Offset
		want   []uint64
	}{
		{"nothing was received", Offset{}, []uint64{3, 5, 4, 9}},
		{"the first was", Offset{Number: 3}, []uint64{5, 4, 9}},
		{"in the order sent, not that of the numbers", Offset{Number: 5}, []uint64{4, 9}},
		{"all were", Offset{Number: 9}, nil},
		{"confirmed long ago", Offset{Number: 2}, []uint64{3, 5, 4, 9}},
		{"known from a passing message", Offset{Number: 4, Passing: true}, []uint64{5, 9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tr trail
			tr.rememberAll(tracks("/", 3, 5), 100)
			tr.rememberAll(tracks("/other", 6), 100)
			tr.rememberAll(tracks("/", 4, 9), 100)
			got, ok := tr.take("/", c.offset)
			if !ok || !slices.Equal(offsets(got), c.want) {
				t.Errorf("got %v, %v, want %v", offsets(got), ok, c.want)
			}
		})
	}
}

func TestTrail_forgets_what_the_client_has_answered_for(t *testing.T) {
	var tr trail
	tr.rememberAll(tracks("/", 1, 2), 100)
	tr.ping()
	tr.rememberAll(tracks("/", 3), 100)
	tr.pong()
	tr.pong() // nobody asked: it says nothing
	tr.rememberAll(tracks("/", 4), 100)
	if got := offsets(tr.list); !slices.Equal(got, []uint64{3, 4}) {
		t.Errorf("kept %v", got)
	}
	if want := 2 * len(tr.list[0].wire); tr.bytes != want {
		t.Errorf("%d bytes, want %d", tr.bytes, want)
	}
}

func TestTrail_says_when_it_is_torn(t *testing.T) {
	var tr trail
	tr.rememberAll(tracks("/", 1, 2, 3, 4), 3)
	for _, c := range []struct {
		offset uint64
		ok     bool
	}{{0, false}, {1, false}, {2, true}, {4, true}} {
		probe := tr
		if _, ok := probe.take("/", Offset{Number: c.offset}); ok != c.ok {
			t.Errorf("offset %d: %v", c.offset, ok)
		}
	}
}

func TestTrail_is_whole_again_after_an_answer_unless_it_was_torn_behind_the_ping(t *testing.T) {
	for _, c := range []struct {
		behind []uint64
		ok     bool
	}{{nil, true}, {[]uint64{5}, true}, {[]uint64{5, 6, 7, 8}, false}} {
		var tr trail
		tr.rememberAll(tracks("/", 1, 2, 3, 4), 3)
		tr.ping()
		tr.rememberAll(tracks("/", c.behind...), 3)
		tr.pong()
		if _, ok := tr.take("/", Offset{}); ok != c.ok {
			t.Errorf("behind the ping %v: %v", c.behind, ok)
		}
	}
}

func TestTrail_keeps_its_limits(t *testing.T) {
	var tr trail
	one := len(tracks("/", 1)[0].wire)
	for n := uint64(1); n <= 1000; n++ {
		tr.remember(tracks("/", n)[0], 10*one, 1000)
	}
	if len(tr.list) != 10 || tr.bytes != 10*one {
		t.Errorf("%d messages, %d bytes", len(tr.list), tr.bytes)
	}
}

func TestTrail_gives_a_scope_once(t *testing.T) {
	var tr trail
	tr.rememberAll(tracks("/", 1), 10)
	if _, ok := tr.take("/", Offset{}); !ok {
		t.Fatal("refused at first")
	}
	if _, ok := tr.take("/", Offset{}); ok || tr.takes("/") || !tr.takes("/other") {
		t.Error("given twice")
	}
}
