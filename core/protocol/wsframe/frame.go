package wsframe

import (
	"encoding/binary"
	"strconv"
)

// Opcode says what a frame carries.
type Opcode byte

// The opcodes in use; 3-7 and 11-15 are reserved. Source: RFC 6455 section 5.2.
const (
	OpContinuation Opcode = 0x0
	OpText         Opcode = 0x1
	OpBinary       Opcode = 0x2
	OpClose        Opcode = 0x8
	OpPing         Opcode = 0x9
	OpPong         Opcode = 0xA
)

// Deflated marks a data message whose payload is compressed: OpText|Deflated. It is the bit RSV1 of the
// message's first frame. Source: RFC 7692 section 6.
const Deflated Opcode = 0x40

// IsControl reports whether o is a control frame: close, ping, pong, or a reserved one.
func (o Opcode) IsControl() bool { return o&0x8 != 0 }

func (o Opcode) known() bool { return o <= OpBinary || (o >= OpClose && o <= OpPong) }

// String returns the opcode's name, for logs and tests.
func (o Opcode) String() string {
	switch o {
	case OpText | Deflated, OpBinary | Deflated:
		return (o &^ Deflated).String() + ", deflated"
	case OpContinuation:
		return "continuation"
	case OpText:
		return "text"
	case OpBinary:
		return "binary"
	case OpClose:
		return "close"
	case OpPing:
		return "ping"
	case OpPong:
		return "pong"
	}
	return "opcode " + strconv.Itoa(int(o))
}

// The layout of a frame header. Source: RFC 6455 section 5.2.
const (
	finBit     = 0x80 // first byte
	rsv1Bit    = 0x40
	rsvBits    = 0x70
	opcodeBits = 0x0F
	maskBit    = 0x80 // second byte
	lengthBits = 0x7F

	length16 = 126 // the next 2 bytes are the length
	length64 = 127 // the next 8 bytes are

	maskKeySize   = 4
	maxHeaderSize = 2 + 8 + maskKeySize

	// MaxControlPayload is the most bytes a close, ping or pong frame may carry (section 5.5).
	MaxControlPayload = 125
)

// header is one parsed frame header.
type header struct {
	length uint64
	key    uint32 // the masking key, its first byte lowest
	op     Opcode
	fin    bool
}

// parseHeader reads the header of a client's frame from the front of b. n is its size, or 0 when b
// does not hold all of it yet. It makes every check that needs no other frame; a fault in the first
// two bytes is reported as soon as those two are there. deflate: data messages may be compressed.
func parseHeader(b []byte, deflate bool) (h header, n int, err *CloseError) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h.fin, h.op = b[0]&finBit != 0, Opcode(b[0]&opcodeBits)
	short := b[1] & lengthBits
	reserved := b[0] & rsvBits
	if deflate && reserved == rsv1Bit && (h.op == OpText || h.op == OpBinary) {
		reserved = 0
		h.op |= Deflated
	}
	switch {
	case reserved != 0:
		return h, 0, errReservedBits
	case !(h.op &^ Deflated).known():
		return h, 0, errReservedOpcode
	case b[1]&maskBit == 0:
		return h, 0, errNotMasked
	case h.op.IsControl() && !h.fin:
		return h, 0, errControlFragmented
	case h.op.IsControl() && short > MaxControlPayload:
		return h, 0, errControlTooLong
	}

	n = 2
	switch short {
	case length16:
		n += 2
	case length64:
		n += 8
	}
	if len(b) < n+maskKeySize {
		return h, 0, nil
	}
	switch short {
	case length16:
		h.length = uint64(binary.BigEndian.Uint16(b[2:]))
		if h.length < length16 {
			return h, 0, errLengthNotMinimal
		}
	case length64:
		h.length = binary.BigEndian.Uint64(b[2:])
		if h.length>>63 != 0 {
			return h, 0, errLengthTopBit
		}
		if h.length <= 0xFFFF {
			return h, 0, errLengthNotMinimal
		}
	default:
		h.length = uint64(short)
	}
	h.key = binary.LittleEndian.Uint32(b[n:])
	return h, n + maskKeySize, nil
}

// AppendHeader appends the header of an unmasked, unfragmented frame of n payload bytes.
//
// Use: it lets a payload that already exists be sent without copying it behind its header.
// Limits: n is not negative, and at most [MaxControlPayload] for a control frame; the caller sees
// to both.
// Source: RFC 6455 section 5.2; a server must not mask (section 5.1).
func AppendHeader(dst []byte, op Opcode, n int) []byte {
	first := finBit | byte(op)
	switch {
	case n < length16:
		return append(dst, first, byte(n))
	case n <= 0xFFFF:
		return binary.BigEndian.AppendUint16(append(dst, first, length16), uint16(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, first, length64), uint64(n))
	}
}

// AppendFrame appends one whole frame, unmasked and unfragmented, that carries payload.
//
// Shape: AppendFrame(nil, OpText, []byte("2")) is 81 01 32. For OpText|Deflated the payload is compressed
// already.
// Limits: as for [AppendHeader]. A text payload must be UTF-8; that is not checked here.
// Ownership: payload is copied.
func AppendFrame(dst []byte, op Opcode, payload []byte) []byte {
	return append(AppendHeader(dst, op, len(payload)), payload...)
}
