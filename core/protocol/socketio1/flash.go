package socketio1

import "strconv"

// FlashPolicyRequest is what a Flash player sends to a port, alone and before all else, to learn
// whether a page may open sockets to it.
const FlashPolicyRequest = "<policy-file-request/>\x00"

// FlashGrant lets pages of a domain open sockets to a port.
type FlashGrant struct {
	Domain string // a host's name, "*.example.org" or "*"
	Port   int    // 0 is every port
}

// AppendFlashPolicy appends the answer to a [FlashPolicyRequest].
//
// Shape: one line of XML with an allow-access-from element for each grant; without any, nobody is let
// in. The connection is closed behind it.
// Limits: a domain is a name from the configuration; its characters that mean something in XML are
// written as entities.
// Source: Adobe, "Cross-domain policy file specification"; socket.io 0.9.19 with policyfile 0.0.4.
func AppendFlashPolicy(dst []byte, grants []FlashGrant) []byte {
	dst = append(dst, `<?xml version="1.0"?><!DOCTYPE cross-domain-policy SYSTEM "http://www.macromedia.com/xml/dtds/cross-domain-policy.dtd"><cross-domain-policy>`...)
	if len(grants) == 0 {
		dst = append(dst, `<site-control permitted-cross-domain-policies="none"/>`...)
	}
	for _, g := range grants {
		dst = append(dst, `<allow-access-from domain="`...)
		dst = appendAttribute(dst, g.Domain)
		dst = append(dst, `" to-ports="`...)
		if g.Port == 0 {
			dst = append(dst, '*')
		} else {
			dst = strconv.AppendInt(dst, int64(g.Port), 10)
		}
		dst = append(dst, `"/>`...)
	}
	return append(dst, "</cross-domain-policy>"...)
}

func appendAttribute(dst []byte, text string) []byte {
	for i := range len(text) {
		switch c := text[i]; c {
		case '"', '&', '<', '>', '\'':
			dst = append(strconv.AppendInt(append(dst, "&#"...), int64(c), 10), ';')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
