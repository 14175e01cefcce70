package socketio

import (
	"bytes"
	"unicode/utf8"
)

// Revision 4 (clients 1.x and 2.x) differs in what begins a socket: a CONNECT may have a query behind
// its namespace, and what refuses it is an ERROR with any value.

const whatQuery = "query that is not UTF-8"

// Parse4 reads one packet of revision 4 from the text of an Engine.IO message.
//
// Shape: as for Parse, but the name in a CONNECT may be followed by a query, `0/chat?token=1,`; Query is
// what stands behind the question mark, not decoded. Such a CONNECT has no data, so commas in its query
// belong to it, though the reference ends the name there. ERROR, which is ConnectError here, may have
// any data or none, but for numbers without a sign: `4/chat,"Auth failed"`.
// Limits: those of Parse, and lim.Query.
// Ownership: as for Parse; Query is a copy.
// Errors: those of Parse, and ErrQueryTooLong.
// Source: socket.io-protocol revision 4; socket.io-parser 3.3, Decoder; socket.io 2.5, Client.ondecoded.
func Parse4(b []byte, lim Limits) (Packet, error) {
	s := scanner{in: b, lim: lim.withDefaults(), revision4: true}
	p, err := s.packet()
	if err != nil {
		return Packet{}, err
	}
	return p, nil
}

// query cuts the query of a CONNECT off the end of the packet: "?token=1" in "/chat?token=1,".
func (s *scanner) query(t Type) (string, error) {
	rest := s.in[s.at:]
	if !s.revision4 || t != Connect || len(rest) == 0 || rest[0] != '/' {
		return "", nil
	}
	mark := bytes.IndexByte(rest, '?')
	if mark < 0 || bytes.IndexByte(rest[:mark], ',') >= 0 {
		return "", nil
	}
	query := bytes.TrimSuffix(rest[mark+1:], []byte(","))
	if len(query) > s.lim.Query {
		return "", limitError(ErrQueryTooLong, s.lim.Query, " bytes")
	}
	if !utf8.Valid(query) {
		s.at += mark + 1
		return "", s.fail(whatQuery)
	}
	s.in = s.in[:s.at+mark]
	return string(query), nil
}

// appendQuery appends the namespace of p and its query: "/chat?token=1,".
func appendQuery(dst []byte, p Packet) []byte {
	if p.Namespace == "" {
		p.Namespace = MainNamespace
	}
	dst = append(dst, p.Namespace...)
	dst = append(append(dst, '?'), p.Query...)
	return append(dst, ',')
}
