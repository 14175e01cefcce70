package wsframe

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// The close codes this project sends or branches on. Source: RFC 6455 section 7.4.1 and the IANA
// registry "WebSocket Close Code Number".
const (
	CloseNormal        uint16 = 1000
	CloseGoingAway     uint16 = 1001
	CloseProtocolError uint16 = 1002
	CloseUnsupported   uint16 = 1003
	CloseNoStatus      uint16 = 1005 // never on the wire: stands for a close frame without a code
	CloseInvalidUTF8   uint16 = 1007
	ClosePolicy        uint16 = 1008
	CloseTooBig        uint16 = 1009
	CloseInternal      uint16 = 1011
	CloseTryAgainLater uint16 = 1013
)

// maxCloseText is what a close frame has room for behind its code.
const maxCloseText = MaxControlPayload - 2

// CloseError says that the client broke the framing rules. Code and Text are fit to be sent back to
// it with [AppendClose]: Text is short, comes from a fixed table and names the limit or rule.
type CloseError struct {
	Code uint16
	Text string
}

// Error implements error.
func (e *CloseError) Error() string {
	return fmt.Sprintf("websocket: close %d: %s", e.Code, e.Text)
}

// What a client can do wrong. The sections are those of RFC 6455.
var (
	errReservedBits       = &CloseError{CloseProtocolError, "reserved bits are set"}               // 5.2
	errReservedOpcode     = &CloseError{CloseProtocolError, "reserved opcode"}                     // 5.2
	errNotMasked          = &CloseError{CloseProtocolError, "frame is not masked"}                 // 5.1
	errControlFragmented  = &CloseError{CloseProtocolError, "control frame is fragmented"}         // 5.5
	errControlTooLong     = &CloseError{CloseProtocolError, "control frame is over 125 bytes"}     // 5.5
	errLengthNotMinimal   = &CloseError{CloseProtocolError, "length is not in its shortest form"}  // 5.2
	errLengthTopBit       = &CloseError{CloseProtocolError, "length has its top bit set"}          // 5.2
	errNothingToContinue  = &CloseError{CloseProtocolError, "continuation without a message"}      // 5.4
	errMessageInterrupted = &CloseError{CloseProtocolError, "new message inside a fragmented one"} // 5.4
	errInvalidUTF8        = &CloseError{CloseInvalidUTF8, "text is not UTF-8"}                     // 8.1
	errCloseTooShort      = &CloseError{CloseProtocolError, "close frame of one byte"}             // 5.5.1
	errCloseCode          = &CloseError{CloseProtocolError, "close code may not be sent"}          // 7.4
	errCloseTextUTF8      = &CloseError{CloseInvalidUTF8, "close text is not UTF-8"}               // 5.5.1
)

// ErrNotDeflate says that a message marked as Deflated cannot be inflated.
var ErrNotDeflate = &CloseError{CloseInvalidUTF8, "message cannot be inflated"}

// ErrInflatedUTF8 says that a text is not UTF-8, once it was inflated.
var ErrInflatedUTF8 = errInvalidUTF8

// TooBig is the error for a message of more than limit bytes, for those who learn of its size only when
// they inflate it.
func TooBig(limit int) *CloseError { return errTooBig(limit) }

func errTooBig(limit int) *CloseError {
	return &CloseError{CloseTooBig, fmt.Sprintf("message is over %d bytes", limit)}
}

// AppendClose appends a close frame.
//
// Shape: code and text, or an empty frame when code is [CloseNoStatus] (the client then sees 1005).
// Limits: text is UTF-8; what exceeds 123 bytes is cut at a character's border.
// Source: RFC 6455 section 5.5.1.
func AppendClose(dst []byte, code uint16, text string) []byte {
	if code == CloseNoStatus {
		return AppendHeader(dst, OpClose, 0)
	}
	if len(text) > maxCloseText {
		cut := maxCloseText
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	dst = AppendHeader(dst, OpClose, 2+len(text))
	dst = binary.BigEndian.AppendUint16(dst, code)
	return append(dst, text...)
}

// ParseClose reads the payload of a close frame.
//
// An empty payload is [CloseNoStatus]. Ownership: text is a copy.
// Errors: [*CloseError] 1002 for one byte or a code that may not stand on the wire, 1007 for a text
// that is not UTF-8; answer with that code instead of echoing the client's.
// Source: RFC 6455 sections 5.5.1 and 7.4.
func ParseClose(payload []byte) (code uint16, text string, err error) {
	if len(payload) == 0 {
		return CloseNoStatus, "", nil
	}
	if len(payload) == 1 {
		return 0, "", errCloseTooShort
	}
	code = binary.BigEndian.Uint16(payload)
	if !mayBeSent(code) {
		return 0, "", errCloseCode
	}
	if !utf8.Valid(payload[2:]) {
		return 0, "", errCloseTextUTF8
	}
	return code, string(payload[2:]), nil
}

// mayBeSent reports whether a peer may put code in a close frame: the codes registered up to 1014
// but for the three that only stand for something (1004-1006), and 3000-4999 for libraries and
// applications.
func mayBeSent(code uint16) bool {
	switch {
	case code >= 1000 && code <= 1014:
		return code < 1004 || code > 1006
	default:
		return code >= 3000 && code <= 4999
	}
}
