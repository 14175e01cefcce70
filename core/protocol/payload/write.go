package payload

import (
	"encoding/binary"
	"math"
)

// The first bytes of the MessagePack forms that are written here; always the shortest that fits.
// Source: MessagePack specification, "Formats", Overview.
const (
	mpNil     = 0xc0
	mpFalse   = 0xc2
	mpTrue    = 0xc3
	mpBin8    = 0xc4
	mpBin16   = 0xc5
	mpBin32   = 0xc6
	mpFloat64 = 0xcb
	mpUint8   = 0xcc
	mpUint16  = 0xcd
	mpUint32  = 0xce
	mpUint64  = 0xcf
	mpInt8    = 0xd0
	mpInt16   = 0xd1
	mpInt32   = 0xd2
	mpInt64   = 0xd3
	mpStr8    = 0xd9
)

func appendUint(dst []byte, v uint64) []byte {
	switch {
	case v < 0x80:
		return append(dst, byte(v))
	case v <= math.MaxUint8:
		return append(dst, mpUint8, byte(v))
	case v <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, mpUint16), uint16(v))
	case v <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, mpUint32), uint32(v))
	}
	return binary.BigEndian.AppendUint64(append(dst, mpUint64), v)
}

// appendNegative appends v, which is below zero.
func appendNegative(dst []byte, v int64) []byte {
	switch {
	case v >= -32:
		return append(dst, byte(v))
	case v >= math.MinInt8:
		return append(dst, mpInt8, byte(v))
	case v >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(dst, mpInt16), uint16(v))
	case v >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(dst, mpInt32), uint32(v))
	}
	return binary.BigEndian.AppendUint64(append(dst, mpInt64), uint64(v))
}

func appendFloat(dst []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, mpFloat64), math.Float64bits(f))
}

func appendBin(dst, b []byte) []byte {
	switch n := len(b); {
	case n <= math.MaxUint8:
		dst = append(dst, mpBin8, byte(n))
	case n <= math.MaxUint16:
		dst = binary.BigEndian.AppendUint16(append(dst, mpBin16), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, mpBin32), uint32(n))
	}
	return append(dst, b...)
}

// head describes the headers of strings, arrays and maps: the short form holds a length below
// short in the first byte; wide8 (0 if there is none), wide16 and wide32 are first bytes followed
// by the length.
type head struct {
	fix, short            byte
	wide8, wide16, wide32 byte
}

var (
	strHead   = head{fix: 0xa0, short: 32, wide8: mpStr8, wide16: 0xda, wide32: 0xdb}
	arrayHead = head{fix: 0x90, short: 16, wide16: 0xdc, wide32: 0xdd}
	mapHead   = head{fix: 0x80, short: 16, wide16: 0xde, wide32: 0xdf}
)

// append appends the header for n to dst.
func (h *head) append(dst []byte, n int) []byte {
	switch {
	case n < int(h.short):
		return append(dst, h.fix|byte(n))
	case h.wide8 != 0 && n <= math.MaxUint8:
		return append(dst, h.wide8, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, h.wide16), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, h.wide32), uint32(n))
}

// fill writes the header for n at dst[at], where one byte was reserved for it before anyone knew n.
// A header that needs more room moves what follows.
func (h *head) fill(dst []byte, at, n int) []byte {
	if n < int(h.short) {
		dst[at] = h.fix | byte(n)
		return dst
	}
	var room [5]byte
	header := h.append(room[:0], n)
	end := len(dst)
	dst = append(dst, header[1:]...)
	copy(dst[at+len(header):], dst[at+1:end])
	copy(dst[at:], header)
	return dst
}
