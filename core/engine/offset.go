package engine

import (
	"strconv"
	"strings"
)

// Offset is how far in what it was sent a client has come: the number of the last message it has got.
type Offset struct {
	Number uint64
	// Passing: it is the number that a message without one carried, which says only that all up to it
	// went out before.
	Passing bool
}

// String is an offset as clients hand it back. It has no character that JSON would escape.
func (o Offset) String() string {
	text := strconv.FormatUint(o.Number, 36)
	if o.Passing {
		return passingMark + text
	}
	return text
}

// passingMark begins the offset of a message that is not kept itself.
const passingMark = "~"

// ParseOffset reads what a client hands back. Socket.IO clients take the last argument of any event for an
// offset if it is a text, so it may be anything; that is as good as none.
func ParseOffset(text string) Offset {
	number, passing := strings.CutPrefix(text, passingMark)
	n, err := strconv.ParseUint(number, 36, 64)
	if err != nil {
		return Offset{}
	}
	return Offset{Number: n, Passing: passing}
}
