package hub

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestIndex_agrees_with_a_slow_oracle plays random joins and leaves on the index and on a map of
// maps, and compares both sides after each step.
func TestIndex_agrees_with_a_slow_oracle(t *testing.T) {
	const seeds, steps, sockets, names = 8, 400, 8, 6
	for seed := range uint64(seeds) {
		random := rand.New(rand.NewPCG(seed, 0))
		var rooms, users index
		all := make([]*Socket, sockets)
		for i := range all {
			all[i] = &Socket{id: fmt.Sprint("s", i)}
		}
		oracle := map[*index]map[string]map[*Socket]bool{&rooms: {}, &users: {}}
		for step := range steps {
			x, s := &rooms, all[random.IntN(sockets)]
			if random.IntN(4) == 0 {
				x = &users
			}
			name := fmt.Sprint("r", random.IntN(names))
			want := oracle[x]
			switch action := random.IntN(10); {
			case action < 5:
				if want[name] == nil {
					want[name] = map[*Socket]bool{}
				}
				if got := x.join(s, name); got == want[name][s] {
					t.Fatalf("seed %d step %d: join said %v", seed, step, got)
				}
				want[name][s] = true
			case action < 9:
				if got := x.leave(s, name); got != want[name][s] {
					t.Fatalf("seed %d step %d: leave said %v", seed, step, got)
				}
				delete(want[name], s)
			default:
				leaveAll(s)
				for _, groups := range oracle {
					for _, members := range groups {
						delete(members, s)
					}
				}
			}
			for x, want := range oracle {
				want, got := describe(want), picture(t, x, all)
				if !maps.EqualFunc(want, got, slices.Equal) {
					t.Fatalf("seed %d step %d: -want +got\n%s", seed, step, cmp.Diff(want, got))
				}
			}
		}
	}
}

// describe lists the oracle's members by room.
func describe(groups map[string]map[*Socket]bool) map[string][]string {
	lines := map[string][]string{}
	for name, members := range groups {
		for s := range members {
			lines[name] = append(lines[name], s.id)
		}
		slices.Sort(lines[name])
	}
	return lines
}

// picture lists the members of an index by room, having checked that both sides of it agree.
func picture(t *testing.T, x *index, all []*Socket) map[string][]string {
	t.Helper()
	lines := map[string][]string{}
	for name, g := range x.groups {
		if len(g.members) == 0 {
			t.Fatalf("empty group %s is kept", name)
		}
		for i, m := range x.members(name) {
			if st := m.socket.stays[m.at]; st.group != g || int(st.at) != i {
				t.Fatalf("%s in %s: the sides disagree", m.socket.id, name)
			}
			lines[name] = append(lines[name], m.socket.id)
		}
		slices.Sort(lines[name])
	}
	for _, s := range all {
		names := x.names(s)
		if len(names) != x.count(s) {
			t.Fatalf("%s: %d names, count %d", s.id, len(names), x.count(s))
		}
		for _, name := range names {
			if !x.has(s, name) || !slices.Contains(lines[name], s.id) {
				t.Fatalf("%s says it is in %s, the group does not", s.id, name)
			}
		}
	}
	return lines
}

func TestIndex_gives_memory_back(t *testing.T) {
	var rooms index
	sockets := make([]*Socket, 4096)
	for i := range sockets {
		sockets[i] = new(Socket)
		rooms.join(sockets[i], "r")
	}
	for _, s := range sockets[1:] {
		rooms.leave(s, "r")
	}
	if c := cap(rooms.groups["r"].members); c > shrinkFrom {
		t.Errorf("one member left, room for %d", c)
	}
	if rooms.leave(sockets[0], "r"); len(rooms.groups) != 0 {
		t.Errorf("empty rooms are kept: %v", rooms.groups)
	}
}
