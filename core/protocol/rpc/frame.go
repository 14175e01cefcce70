package rpc

import (
	"encoding/binary"
	"errors"
	"fmt"

	"realtime/core/protocol/payload"
)

const (
	// HeaderSize is the length of what stands before every frame: a big-endian uint32.
	HeaderSize = 4

	// MaxFrame is the longest frame without its header, in bytes: 16 MiB - 1. So the first byte of
	// the stream is always 0, and HTTP, TLS or bare MessagePack-RPC by mistake is seen at once.
	MaxFrame = 16<<20 - 1
)

// Kind is the first element of a frame.
type Kind uint8

// The three shapes. Source: MessagePack-RPC specification, "Request", "Response", "Notification".
const (
	Request      Kind = 0 // [0, id, method, params]
	Response     Kind = 1 // [1, id, error, result]
	Notification Kind = 2 // [2, method, params]
)

func (k Kind) String() string {
	switch k {
	case Request:
		return "request"
	case Response:
		return "response"
	case Notification:
		return "notification"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Frame is one frame, taken apart as far as all methods have it in common.
type Frame struct {
	Kind   Kind
	ID     uint32 // Request, Response
	Method string // Request, Notification
	Params []byte // Request, Notification: the one map of params
	Error  []byte // Response: a map with a code, or nil for none
	Result []byte // Response: one value, often nil's one byte
}

// Length reads the header of a frame and returns how many bytes follow it.
//
// Limits: limit is the longest frame allowed here, at most MaxFrame.
// Errors: *FrameError with FaultLength.
func Length(header [HeaderSize]byte, limit int) (int, error) {
	n := binary.BigEndian.Uint32(header[:])
	if n == 0 {
		return 0, &FrameError{FaultLength, "an empty frame"}
	}
	if uint64(n) > uint64(min(limit, MaxFrame)) {
		return 0, &FrameError{FaultLength, fmt.Sprintf("%d bytes, the limit is %d", n, min(limit, MaxFrame))}
	}
	return int(n), nil
}

// Parse validates the body of a frame, the bytes after the header, and takes it apart.
//
// Shape: one of the three of Kind; further elements of the outer array are ignored. Params is an
// array that holds one map with string keys. An error is nil or a map with a string "code".
// Ownership: Params, Error and Result alias body; Method is a copy.
// Errors: *FrameError.
func Parse(body []byte) (Frame, error) {
	n, err := payload.Validate(body, payload.Limits{})
	switch {
	case errors.Is(err, payload.ErrTooDeep):
		return Frame{}, &FrameError{FaultDepth, err.Error()}
	case err != nil:
		return Frame{}, &FrameError{FaultSyntax, err.Error()}
	case n != len(body):
		return Frame{}, &FrameError{FaultTrailing, fmt.Sprintf("%d bytes after the array", len(body)-n)}
	}
	r := reader{b: body}
	elements, ok := r.arrayLen()
	if !ok || elements == 0 {
		return Frame{}, shape("not an array of 3 or 4")
	}
	kind, ok := r.uint()
	if !ok || kind > uint64(Notification) {
		return Frame{}, shape("the first element is not 0, 1 or 2")
	}
	if elements < 3 || elements == 3 && Kind(kind) != Notification {
		return Frame{}, shape(fmt.Sprintf("%s of %d elements", Kind(kind), elements))
	}
	return parseRest(&r, Frame{Kind: Kind(kind)})
}

func parseRest(r *reader, f Frame) (Frame, error) {
	if f.Kind != Notification {
		id, ok := r.uint()
		if !ok || id > 1<<32-1 {
			return Frame{}, shape("the id is not a uint32")
		}
		f.ID = uint32(id)
	}
	if f.Kind == Response {
		f.Error = r.raw()
		f.Result = r.raw()
		if isNil(f.Error) {
			f.Error = nil
			return f, nil
		}
		return f, checkError(f.Error)
	}
	method, ok := r.str()
	if !ok {
		return Frame{}, shape("the method is not a string")
	}
	f.Method = string(method)
	if n, ok := r.arrayLen(); !ok || n != 1 {
		return Frame{}, shape("params is not an array of one map")
	}
	f.Params = r.raw()
	return f, checkKeys(f.Params)
}

// checkKeys makes sure of what every Decode function relies on: a map, with string keys.
func checkKeys(m []byte) error {
	r := reader{b: m}
	n, ok := r.mapLen()
	if !ok {
		return shape("params does not hold a map")
	}
	for range n {
		if _, ok := r.str(); !ok {
			return shape("a key of params is not a string")
		}
		r.raw()
	}
	return nil
}

func checkError(m []byte) error {
	if checkKeys(m) != nil {
		return shape("the error is neither nil nor a map with string keys")
	}
	if e, err := DecodeError(m); err != nil || e.Code == "" {
		return shape("the error has no code")
	}
	return nil
}

// Append appends the frame with its header to dst.
func (f Frame) Append(dst []byte) []byte {
	dst, at := begin(dst, f.Kind)
	if f.Kind != Notification {
		dst = appendUint(dst, uint64(f.ID))
	}
	if f.Kind == Response {
		dst = appendRaw(dst, f.Error)
		dst = appendRaw(dst, f.Result)
		return end(dst, at)
	}
	dst = appendString(dst, f.Method)
	dst = appendArrayLen(dst, 1)
	return end(append(dst, f.Params...), at)
}

// Appender is a value of the protocol that can write itself: parameters or a result.
type Appender interface {
	// Append appends one MessagePack value to dst.
	Append(dst []byte) []byte
}

// AppendRequest appends a whole request to dst.
func AppendRequest(dst []byte, id uint32, method string, params Appender) []byte {
	dst, at := begin(dst, Request)
	dst = appendUint(dst, uint64(id))
	dst = appendString(dst, method)
	dst = appendArrayLen(dst, 1)
	return end(params.Append(dst), at)
}

// AppendNotification appends a whole notification to dst.
func AppendNotification(dst []byte, method string, params Appender) []byte {
	dst, at := begin(dst, Notification)
	dst = appendString(dst, method)
	dst = appendArrayLen(dst, 1)
	return end(params.Append(dst), at)
}

// AppendResult appends a whole response that reports success to dst.
func AppendResult(dst []byte, id uint32, result Appender) []byte {
	dst, at := begin(dst, Response)
	dst = appendUint(dst, uint64(id))
	dst = appendNil(dst)
	return end(result.Append(dst), at)
}

// AppendError appends a whole response that reports an error to dst.
func AppendError(dst []byte, id uint32, e *Error) []byte {
	dst, at := begin(dst, Response)
	dst = appendUint(dst, uint64(id))
	dst = e.append(dst)
	return end(appendNil(dst), at)
}

// begin leaves room for the header and opens the outer array; end fills the header in.
func begin(dst []byte, k Kind) (out []byte, at int) {
	at = len(dst)
	dst = append(dst, 0, 0, 0, 0)
	if k == Notification {
		return append(dst, 0x93, byte(k)), at
	}
	return append(dst, 0x94, byte(k)), at
}

func end(dst []byte, at int) []byte {
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-HeaderSize))
	return dst
}
