package payload

import (
	"errors"
	"fmt"
)

const (
	// MaxDepth is how deep arrays and maps may nest. No real event comes near it, and a stack of
	// this many small frames or counters costs nothing.
	MaxDepth = 64

	// DefaultBytes bounds one value: the largest frame of the app link, 16 MiB - 1.
	DefaultBytes = 16<<20 - 1

	// MaxAttachments is how many binary values a packet may carry. It is the limit built into the
	// decoders of Socket.IO's own clients, which close on an eleventh.
	MaxAttachments = 10
)

// Limits bound what is accepted from a peer. The zero value means the defaults.
type Limits struct {
	// Depth is how many arrays and maps may be open at once, 1 to MaxDepth; 0 or more than
	// MaxDepth means MaxDepth. A placeholder counts as the object it is written as.
	Depth int

	// Bytes is how many bytes of MessagePack one value may take; 0 means DefaultBytes. Made from
	// JSON they include the attachments, once for each time they are referred to: that is where
	// a small text can ask for much memory.
	Bytes int
}

func (l Limits) withDefaults() Limits {
	if l.Depth <= 0 || l.Depth > MaxDepth {
		l.Depth = MaxDepth
	}
	if l.Bytes <= 0 {
		l.Bytes = DefaultBytes
	}
	return l
}

// The limits and refusals that callers tell apart with errors.Is. The error that wraps one of them
// also says the limit.
var (
	ErrTooDeep            = errors.New("payload: nested too deep")
	ErrTooLarge           = errors.New("payload: too large")
	ErrTooManyAttachments = errors.New("payload: too many attachments")

	// ErrPlaceholder refuses a map with the key "_placeholder" beside attachments.
	ErrPlaceholder = errors.New(`payload: a map with the key "_placeholder" cannot be sent beside attachments`)
)

// SyntaxError says that the bytes are not what they should be.
type SyntaxError struct {
	Offset int    // where in the input, in bytes
	What   string // what is wrong, in a few words
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("payload: %s at byte %d", e.What, e.Offset)
}

func tooDeep(limit int) error { return fmt.Errorf("%w: the limit is %d levels", ErrTooDeep, limit) }

func tooLarge(limit int) error { return fmt.Errorf("%w: the limit is %d bytes", ErrTooLarge, limit) }

func tooManyAttachments() error {
	return fmt.Errorf("%w: the limit is %d", ErrTooManyAttachments, MaxAttachments)
}
