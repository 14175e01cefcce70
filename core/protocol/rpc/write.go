package rpc

import "encoding/binary"

// The smallest form of each value is written; of the numbers the protocol itself needs only those
// that are not negative.
//
// Source: MessagePack specification, "Formats".

func appendNil(dst []byte) []byte { return append(dst, 0xc0) }

func appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 0xc3)
	}
	return append(dst, 0xc2)
}

func appendUint(dst []byte, v uint64) []byte {
	switch {
	case v < 1<<7:
		return append(dst, byte(v))
	case v < 1<<8:
		return append(dst, 0xcc, byte(v))
	case v < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, 0xcd), uint16(v))
	case v < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, 0xce), uint32(v))
	}
	return binary.BigEndian.AppendUint64(append(dst, 0xcf), v)
}

// appendInt writes what is never negative in a sound program: times and counts.
func appendInt(dst []byte, v int64) []byte { return appendUint(dst, uint64(max(v, 0))) }

func appendString(dst []byte, s string) []byte {
	switch n := len(s); {
	case n < 1<<5:
		dst = append(dst, 0xa0|byte(n))
	case n < 1<<8:
		dst = append(dst, 0xd9, byte(n))
	case n < 1<<16:
		dst = binary.BigEndian.AppendUint16(append(dst, 0xda), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, 0xdb), uint32(n))
	}
	return append(dst, s...)
}

func appendArrayLen(dst []byte, n int) []byte {
	switch {
	case n < 1<<4:
		return append(dst, 0x90|byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, 0xdc), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, 0xdd), uint32(n))
}

func appendMapLen(dst []byte, n int) []byte {
	switch {
	case n < 1<<4:
		return append(dst, 0x80|byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, 0xde), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, 0xdf), uint32(n))
}

// appendRaw writes one value as it is, and nil for none.
func appendRaw(dst, v []byte) []byte {
	if len(v) == 0 {
		return appendNil(dst)
	}
	return append(dst, v...)
}

func appendStrings(dst []byte, list []string) []byte {
	dst = appendArrayLen(dst, len(list))
	for _, s := range list {
		dst = appendString(dst, s)
	}
	return dst
}

// appendName writes an optional string: empty is nil.
func appendName(dst []byte, s string) []byte {
	if s == "" {
		return appendNil(dst)
	}
	return appendString(dst, s)
}
