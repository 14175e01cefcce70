package payload

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// replacement is U+FFFD in UTF-8, for what is not text.
const replacement = "\uFFFD"

const hexDigits = "0123456789abcdef"

// asIs marks the bytes that stand for themselves in a JSON string: ASCII but for controls, the
// quote and the backslash.
var asIs = func() (table [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// appendJSONString appends s quoted and escaped, as JSON.stringify does.
func appendJSONString(dst, s []byte) []byte {
	dst = append(dst, '"')
	for {
		n := plainText(s)
		dst = append(dst, s[:n]...)
		if n == len(s) {
			return append(dst, '"')
		}
		dst = appendEscape(dst, s[n])
		s = s[n+1:]
	}
}

// plainText is how many bytes at the start of b stand for themselves in a JSON string: those of
// asIs and well-formed UTF-8. U+2028 and U+2029 need no escape either: JSON is not JavaScript.
func plainText(b []byte) int {
	i := 0
	for len(b)-i >= 8 && notPlainASCII(binary.LittleEndian.Uint64(b[i:])) == 0 {
		i += 8
	}
	for i < len(b) {
		if asIs[b[i]] {
			i++
			continue
		}
		n := runeLength(b[i:])
		if n == 0 {
			break
		}
		i += n
	}
	return i
}

// notPlainASCII tests eight bytes at once: it is 0 if asIs holds for all of them.
func notPlainASCII(w uint64) uint64 {
	const (
		ones = 0x0101010101010101
		high = 0x80 * ones
	)
	// Minus 1 reaches the highest bit of an ASCII byte only from 0, minus ' ' only from a control.
	return (w | (w - ' '*ones) | ((w ^ '"'*ones) - ones) | ((w ^ '\\'*ones) - ones)) & high
}

// runeLength is the length of the sequence of UTF-8 beyond ASCII that b begins with; 0 if it begins
// with none.
func runeLength(b []byte) int {
	if b[0] < utf8.RuneSelf {
		return 0
	}
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError && n == 1 {
		return 0
	}
	return n
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	if c >= utf8.RuneSelf {
		return append(dst, replacement...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0x0f])
}

// appendJSONScalar appends nil, a boolean or a number.
func appendJSONScalar(dst []byte, t token) []byte {
	switch t.kind {
	case kindFalse:
		return append(dst, "false"...)
	case kindTrue:
		return append(dst, "true"...)
	case kindUint:
		return strconv.AppendUint(dst, t.n, 10)
	case kindInt:
		return strconv.AppendInt(dst, int64(t.n), 10)
	case kindFloat32:
		return appendJSONFloat(dst, float64(math.Float32frombits(uint32(t.n))))
	case kindFloat64:
		return appendJSONFloat(dst, math.Float64frombits(t.n))
	}
	return append(dst, "null"...)
}

// appendJSONFloat appends f as JavaScript's JSON.stringify does: the fewest digits that read back
// as f, no exponent from 1e-6 up to 1e21, "0" for -0, null for what is not finite.
// Source: ECMA-262, Number::toString.
func appendJSONFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	if f == 0 {
		return append(dst, '0')
	}
	if size := math.Abs(f); size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	// Go writes at least two digits of exponent, JavaScript does not: 1e-07 is 1e-7.
	if n := len(dst); dst[n-2] == '0' && (dst[n-3] == '-' || dst[n-3] == '+') {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// timestampExt is the extension type of timestamps.
// Source: MessagePack specification, "Timestamp extension type".
const timestampExt = -1

// parseTimestamp reads the three forms: 32 bits of seconds; 30 bits of nanoseconds and 34 of
// seconds; 32 bits of nanoseconds and 64 of seconds since 1970.
func parseTimestamp(b []byte) (seconds int64, nanos uint32, ok bool) {
	switch len(b) {
	case 4:
		seconds = int64(binary.BigEndian.Uint32(b))
	case 8:
		v := binary.BigEndian.Uint64(b)
		seconds, nanos = int64(v&(1<<34-1)), uint32(v>>34)
	case 12:
		nanos, seconds = binary.BigEndian.Uint32(b), int64(binary.BigEndian.Uint64(b[4:]))
	default:
		return 0, 0, false
	}
	return seconds, nanos, nanos < 1e9
}

// maxDateMillis is how far from 1970 a JavaScript Date reaches, in milliseconds.
// Source: ECMA-262, "Time Values and Time Range".
const maxDateMillis = 8_640_000_000_000_000

// dateMillis is the time value of a Date, cut to milliseconds; false if no Date can hold it.
func dateMillis(seconds int64, nanos uint32) (millis int64, ok bool) {
	const maxSeconds = maxDateMillis / 1000
	if seconds < -maxSeconds || seconds > maxSeconds {
		return 0, false
	}
	millis = seconds*1000 + int64(nanos/1e6)
	return millis, millis <= maxDateMillis
}

// appendJSONTime appends the time as Date.prototype.toJSON does, cut to milliseconds: four digits
// of year, or a sign and six outside 0 to 9999; null for what no Date can hold.
func appendJSONTime(dst []byte, seconds int64, nanos uint32) []byte {
	if _, ok := dateMillis(seconds, nanos); !ok {
		return append(dst, "null"...)
	}
	t := time.Unix(seconds, 0).UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	dst = append(dst, '"')
	switch {
	case year < 0:
		dst = appendDigits(append(dst, '-'), -year, 6)
	case year > 9999:
		dst = appendDigits(append(dst, '+'), year, 6)
	default:
		dst = appendDigits(dst, year, 4)
	}
	dst = appendDigits(append(dst, '-'), int(month), 2)
	dst = appendDigits(append(dst, '-'), day, 2)
	dst = appendDigits(append(dst, 'T'), hour, 2)
	dst = appendDigits(append(dst, ':'), minute, 2)
	dst = appendDigits(append(dst, ':'), second, 2)
	dst = appendDigits(append(dst, '.'), int(nanos/1e6), 3)
	return append(dst, 'Z', '"')
}

// appendDigits appends v, which has at most width digits, with leading zeros.
func appendDigits(dst []byte, v, width int) []byte {
	start := len(dst)
	for range width {
		dst = append(dst, '0')
	}
	for i := len(dst) - 1; i >= start; i-- {
		dst[i] = byte('0' + v%10)
		v /= 10
	}
	return dst
}
