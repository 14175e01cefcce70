package hub

import (
	"strings"

	"realtime/core/id"
)

// Clients before 3.x compute what they call their socket's id from their session's: "<sid>" in the main
// namespace, "/chat#<sid>" in others. Pages of that time tell it to each other and to the application, to
// be answered there, so it selects the socket like its public id. But it is the session's secret: nobody
// is ever told it by us. Socket.IO's own servers made the same.

// alias is the secret that the socket's client takes for its id, or ends it with; "" if it takes the one
// we tell.
func (s *Socket) alias() string {
	if !codecs[firstForm[s.client.dialect]].computesID { // the form may change, the dialect does not
		return ""
	}
	return s.client.session.ID()
}

// addAlias makes the socket known by what its client computes. The caller holds n.mu.
func (n *namespace) addAlias(s *Socket) {
	if alias := s.alias(); alias != "" {
		if n.aliases == nil {
			n.aliases = make(map[string]*Socket)
		}
		n.aliases[alias] = s
	}
}

// dropAlias is the end of it. The caller holds n.mu.
func (n *namespace) dropAlias(s *Socket) {
	if alias := s.alias(); alias != "" && n.aliases[alias] == s {
		delete(n.aliases, alias)
	}
}

// addressed is the socket that a name means by its form; isID is false for the name of a room. The caller
// holds n.mu.
func (n *namespace) addressed(name string) (s *Socket, isID bool) {
	if id.Valid(name) {
		if s := n.byID[name]; s != nil {
			return s, true
		}
		return n.aliases[name], true
	}
	of, sid, computed := computedID(name)
	if computed && of == n.name {
		return n.aliases[sid], true
	}
	return nil, computed
}

// computedID takes apart a name that has the form of an id which a client computes for a namespace other
// than the main one: "/chat#<sid>".
func computedID(name string) (namespace, sid string, ok bool) {
	at := len(name) - id.Len - 1
	if at < 1 || name[at] != '#' || !strings.HasPrefix(name, "/") || !id.Valid(name[at+1:]) {
		return "", "", false
	}
	return name[:at], name[at+1:], true
}

// isSocketID reports whether a name has the form of a socket's id, of whatever kind.
func isSocketID(name string) bool {
	_, _, computed := computedID(name)
	return computed || id.Valid(name)
}
