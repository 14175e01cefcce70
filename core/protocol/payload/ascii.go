package payload

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendASCII appends JSON text with every character beyond ASCII written as \uXXXX, or as two of them
// where JavaScript has a pair of surrogates. It means the same to every reader of JSON, and survives
// peers that disagree about encodings.
//
// Limits: json need not be valid. The result is at most three times as long, and six times where it is
// not UTF-8: such a byte becomes \ufffd, as everywhere.
// Ownership: json is only read.
// Source: RFC 8259 section 7.
func AppendASCII(dst, json []byte) []byte {
	for {
		n := plainASCII(json)
		dst = append(dst, json[:n]...)
		if n == len(json) {
			return dst
		}
		r, width := utf8.DecodeRune(json[n:])
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			dst = appendUnit(dst, high)
			r = low
		}
		dst = appendUnit(dst, r)
		json = json[n+width:]
	}
}

// plainASCII is how many bytes at the start of b are ASCII.
func plainASCII(b []byte) int {
	const high = 0x8080808080808080
	i := 0
	for len(b)-i >= 8 && binary.LittleEndian.Uint64(b[i:])&high == 0 {
		i += 8
	}
	for i < len(b) && b[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// appendUnit appends one unit of UTF-16 as an escape.
func appendUnit(dst []byte, unit rune) []byte {
	return append(dst, '\\', 'u',
		hexDigits[unit>>12&0xf], hexDigits[unit>>8&0xf], hexDigits[unit>>4&0xf], hexDigits[unit&0xf])
}
