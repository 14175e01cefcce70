package socketio

import (
	"errors"
	"fmt"
)

const (
	// DefaultAttachments is how many binary messages one packet may have: the limit of the
	// reference's decoders (maxAttachments), clients and servers alike.
	DefaultAttachments = 10

	// DefaultNamespace is how long a namespace may be, in bytes.
	DefaultNamespace = 256

	// DefaultQuery is how long the query of a namespace may be, in bytes: as long as the whole address
	// of a request at the usual servers.
	DefaultQuery = 8192

	// DefaultBytes is how much a packet may take with its attachments: eleven messages of the
	// largest size that engines accept by default, 1,000,000 bytes.
	DefaultBytes = 11_000_000

	// MaxIDDigits is how long an ack id may be, leading zeros included: 2^64 has 20 digits.
	MaxIDDigits = 20
)

// Limits bound what is accepted from a client. The zero value means the defaults.
type Limits struct {
	Attachments int // binary messages of one packet; 0 means DefaultAttachments
	Namespace   int // bytes of a namespace's name; 0 means DefaultNamespace
	Query       int // bytes of a namespace's query, which revision 4 has; 0 means DefaultQuery
	Bytes       int // text and attachments of one packet together; 0 means DefaultBytes
}

func (l Limits) withDefaults() Limits {
	if l.Attachments <= 0 {
		l.Attachments = DefaultAttachments
	}
	if l.Namespace <= 0 {
		l.Namespace = DefaultNamespace
	}
	if l.Query <= 0 {
		l.Query = DefaultQuery
	}
	if l.Bytes <= 0 {
		l.Bytes = DefaultBytes
	}
	return l
}

// What a client may have done wrong beyond syntax; callers tell them apart with errors.Is. Where a
// limit is involved, the error that wraps one of them also says it.
var (
	ErrTooManyAttachments = errors.New("socketio: too many attachments")
	ErrNamespaceTooLong   = errors.New("socketio: namespace too long")
	ErrQueryTooLong       = errors.New("socketio: query of a namespace too long")
	ErrTooLarge           = errors.New("socketio: packet too large")
	ErrReservedEvent      = errors.New("socketio: reserved event name")
	ErrTextPending        = errors.New("socketio: text while attachments are missing")
	ErrBinaryUnexpected   = errors.New("socketio: binary message that no packet announced")
)

// SyntaxError says that a packet is not what it should be.
type SyntaxError struct {
	Offset int    // where in the text, in bytes
	What   string // what is wrong, in a few words
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("socketio: %s at byte %d", e.What, e.Offset)
}

func limitError(err error, limit int, unit string) error {
	return fmt.Errorf("%w: the limit is %d%s", err, limit, unit)
}
