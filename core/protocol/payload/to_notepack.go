package payload

import (
	"encoding/binary"
	"math"
)

// unlimited is for values that were held against their limits when they came.
var unlimited = Limits{Depth: MaxDepth, Bytes: math.MaxInt}

// AppendNotepack appends one MessagePack value, as the app link has it, to dst so that notepack reads
// from it what is meant.
//
// Shape: a timestamp becomes a Date, cut to milliseconds, or nil if no Date can hold it. In text each
// byte that is not UTF-8 becomes U+FFFD. Map keys that are integers, booleans or nil become text.
// Anything else stays byte for byte: integers of 64 bits become the nearest number there, as in JSON,
// and NaN and the infinities arrive as such, which JSON cannot do.
// Limits: mp is one value that Validate has accepted, and nothing after it; other bytes are an error,
// never a panic. MaxDepth. The result is at most three times as long as mp.
// Ownership: mp is only read. On an error dst is returned as it was passed.
// Errors: *SyntaxError for other extensions, keys or bytes; ErrTooDeep. What AppendJSON accepts, this
// accepts too.
// Source: notepack.io 2.2, decode.
func AppendNotepack(dst, mp []byte) ([]byte, error) {
	r := newRewriter(dst, mp, unlimited, forNotepack)
	if err := r.values(1, 0); err != nil {
		return dst, err
	}
	return r.out, nil
}

// AppendNotepackEvent appends the array of an event to dst: ["name", a, b] for the arguments [a, b], and
// behind them more texts, if there are any.
//
// Limits, ownership and errors are those of AppendNotepack; args must also be an array. Whether name
// is reserved is for the caller to ask (socketio.ReservedEvent).
func AppendNotepackEvent(dst []byte, name string, args []byte, more ...string) ([]byte, error) {
	r := newRewriter(dst, args, unlimited, forNotepack)
	head, err := r.next()
	if err != nil {
		return dst, err
	}
	if head.kind != kindArray {
		return dst, &SyntaxError{Offset: 0, What: whatNotArray}
	}
	r.copied = r.at
	r.out = arrayHead.append(r.out, 1+int(head.n)+len(more))
	r.out = appendText(r.out, []byte(name)) // the compiler sees that nobody writes to it: no copy
	if err := r.values(head.n, 1); err != nil {
		return dst, err
	}
	for _, text := range more {
		r.out = appendText(r.out, []byte(text))
	}
	return r.out, nil
}

// extensionForNotepack is what becomes of an extension that the app wrote.
func (r *rewriter) extensionForNotepack(from int, t token) error {
	if t.ext != timestampExt {
		return &SyntaxError{Offset: from, What: whatExtension}
	}
	seconds, nanos, ok := parseTimestamp(t.body)
	if !ok {
		return &SyntaxError{Offset: from, What: whatTimestamp}
	}
	r.out = r.instead(from)
	if millis, ok := dateMillis(seconds, nanos); ok {
		r.out = binary.BigEndian.AppendUint64(append(r.out, mpFixExt8, notepackExt), uint64(millis))
	} else {
		r.out = append(r.out, mpNil)
	}
	return nil
}
