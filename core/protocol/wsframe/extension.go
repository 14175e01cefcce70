package wsframe

import (
	"iter"
	"strings"
)

// DeflateResponse is what a server says that has accepted permessage-deflate: both sides begin each
// message with an empty window, so that nothing has to be kept between two of them.
const DeflateResponse = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

// AcceptDeflate reads the value of Sec-WebSocket-Extensions that a client has sent, its lines joined by
// commas, and returns what to answer; ok is false if nothing in it can be accepted, and then the answer
// has no such header.
//
// Shape: offers in the order of preference, each a name and parameters; the first one counts that can
// be kept. That is one of permessage-deflate whose parameters are known, occur once and have legal
// values, and which does not ask us for a smaller window than 15 bits: our compressor has only the
// largest. client_max_window_bits only says what the client could do.
// Limits: none; time is linear.
// Source: RFC 7692 sections 5 and 7.1; RFC 6455 section 9.1.
func AcceptDeflate(offers string) (response string, ok bool) {
	for offer := range splitOutsideQuotes(offers, ',') {
		if response, ok := acceptOffer(offer); ok {
			return response, true
		}
	}
	return "", false
}

func acceptOffer(offer string) (response string, ok bool) {
	response = DeflateResponse
	var seen [len(deflateParameters)]bool
	named := false
	for part := range splitOutsideQuotes(offer, ';') {
		name, value, hasValue := strings.Cut(strings.Trim(part, " \t"), "=")
		name, value = strings.TrimRight(name, " \t"), unquote(strings.TrimLeft(value, " \t"))
		if !named {
			if hasValue || !strings.EqualFold(name, "permessage-deflate") {
				return "", false
			}
			named = true
			continue
		}
		i := parameterIndex(name)
		if i < 0 || seen[i] || !deflateParameters[i].legal(value, hasValue) {
			return "", false
		}
		seen[i] = true
		if i == serverMaxWindowBits {
			response += "; server_max_window_bits=" + value
		}
	}
	return response, named
}

// deflateParameters are those of permessage-deflate, and which values we can keep to.
// Source: RFC 7692 section 7.1.
var deflateParameters = [...]struct {
	name  string
	legal func(value string, hasValue bool) bool
}{
	{"server_no_context_takeover", func(_ string, hasValue bool) bool { return !hasValue }},
	{"client_no_context_takeover", func(_ string, hasValue bool) bool { return !hasValue }},
	{"client_max_window_bits", func(value string, hasValue bool) bool { return !hasValue || isWindowBits(value) }},
	serverMaxWindowBits: {"server_max_window_bits", func(value string, _ bool) bool { return value == "15" }},
}

const serverMaxWindowBits = 3

func parameterIndex(name string) int {
	for i := range deflateParameters {
		if strings.EqualFold(name, deflateParameters[i].name) {
			return i
		}
	}
	return -1
}

// isWindowBits reports whether value is 8 to 15, without leading zeros.
func isWindowBits(value string) bool {
	switch value {
	case "8", "9", "10", "11", "12", "13", "14", "15":
		return true
	}
	return false
}

func unquote(value string) string {
	if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
		return value[1 : len(value)-1]
	}
	return value
}

// splitOutsideQuotes yields the parts of s between separators that do not stand in a quoted string.
func splitOutsideQuotes(s string, separator byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		quoted, from := false, 0
		for i := range len(s) {
			switch {
			case s[i] == '"':
				quoted = !quoted
			case s[i] == separator && !quoted:
				if !yield(s[from:i]) {
					return
				}
				from = i + 1
			}
		}
		yield(s[from:])
	}
}
