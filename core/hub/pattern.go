package hub

import "strings"

// Several namespaces at once. A pattern is a name with stars: "/room-*". No client can enter a
// namespace whose own name has one (the link sees to that), so none is mistaken for a pattern.

// IsPattern reports whether a namespace's name means every namespace that fits it.
func IsPattern(name string) bool { return strings.Contains(name, "*") }

// MatchNamespace reports whether a pattern means a namespace. A star stands for any characters, also
// none; everything else for itself.
//
// It takes time in proportion to the product of the lengths at worst: after a mismatch only the
// last star is widened, since what an earlier one could take, a later one can too.
func MatchNamespace(pattern, name string) bool {
	p, n, star, from := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, n
			p++
		case p < len(pattern) && pattern[p] == name[n]:
			p++
			n++
		case star >= 0:
			from++
			p, n = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matching returns the namespaces there are now that a pattern means.
func (h *Hub) matching(pattern string) []*namespace {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []*namespace
	for name, n := range h.namespaces {
		if MatchNamespace(pattern, name) {
			list = append(list, n)
		}
	}
	return list
}

// emitMatching is Emit for a pattern: to each namespace in a packet of its own, since a packet names
// its namespace. A namespace that comes to be during the call may or may not get it.
//
// It is checked with the longest of the names first, so that it goes to all of them or to none.
func (h *Hub) emitMatching(e Emit) error {
	namespaces := h.matching(e.Namespace)
	if err := h.checkMatching(e, namespaces); err != nil {
		return err
	}
	for _, n := range namespaces {
		e.Namespace = n.name
		p, err := h.encodeEvent(&e, 0, false)
		if err != nil {
			return err
		}
		n.deliver(&e.Select, p, e.Volatile)
		p.giveBack()
	}
	return nil
}

func (h *Hub) checkMatching(e Emit, namespaces []*namespace) error {
	e.Namespace = strings.ReplaceAll(e.Namespace, "*", "")
	for _, n := range namespaces {
		if len(n.name) > len(e.Namespace) {
			e.Namespace = n.name
		}
	}
	return h.checkOne(e)
}
