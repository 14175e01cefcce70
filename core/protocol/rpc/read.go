package rpc

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"realtime/core/protocol/payload"
)

// reader reads MessagePack that payload.Validate has passed, so that no length in it can lie. A
// method that meets another type than its own says false and stays where it is.
//
// Source: MessagePack specification, "Formats".
type reader struct{ b []byte }

func (r *reader) raw() []byte {
	n, err := payload.Validate(r.b, payload.Limits{})
	if err != nil {
		panic("rpc: a value that was valid is not: " + err.Error())
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

// sized reads a header of 1 + width bytes and returns the number in it.
func (r *reader) sized(width int) int {
	var n uint64
	for _, c := range r.b[1 : 1+width] {
		n = n<<8 | uint64(c)
	}
	r.b = r.b[1+width:]
	return int(n)
}

func (r *reader) fixed(mask byte) int {
	n := int(r.b[0] & mask)
	r.b = r.b[1:]
	return n
}

func (r *reader) arrayLen() (int, bool) {
	switch c := r.b[0]; {
	case c&0xf0 == 0x90:
		return r.fixed(0x0f), true
	case c == 0xdc:
		return r.sized(2), true
	case c == 0xdd:
		return r.sized(4), true
	}
	return 0, false
}

func (r *reader) mapLen() (int, bool) {
	switch c := r.b[0]; {
	case c&0xf0 == 0x80:
		return r.fixed(0x0f), true
	case c == 0xde:
		return r.sized(2), true
	case c == 0xdf:
		return r.sized(4), true
	}
	return 0, false
}

func (r *reader) str() ([]byte, bool) {
	var n int
	switch c := r.b[0]; {
	case c&0xe0 == 0xa0:
		n = r.fixed(0x1f)
	case c == 0xd9:
		n = r.sized(1)
	case c == 0xda:
		n = r.sized(2)
	case c == 0xdb:
		n = r.sized(4)
	default:
		return nil, false
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v, true
}

func (r *reader) bin() ([]byte, bool) {
	if c := r.b[0]; c < 0xc4 || c > 0xc6 {
		return nil, false
	}
	n := r.sized(1 << (r.b[0] - 0xc4))
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v, true
}

func (r *reader) uint() (uint64, bool) {
	switch c := r.b[0]; {
	case c < 0x80:
		return uint64(r.fixed(0x7f)), true
	case c >= 0xcc && c <= 0xcf:
		return uint64(r.sized(1 << (c - 0xcc))), true
	}
	return 0, false
}

// number reads an integer, or a float as the nearest one: programs count in floats without
// noticing. Out of the range of int64 is not a number of this protocol.
func (r *reader) number() (int64, bool) {
	if u, ok := r.uint(); ok {
		return int64(u), u <= math.MaxInt64
	}
	var v int64
	switch c := r.b[0]; {
	case c >= 0xe0:
		v = int64(int8(c))
		r.b = r.b[1:]
	case c == 0xd0:
		v = int64(int8(r.sized(1)))
	case c == 0xd1:
		v = int64(int16(r.sized(2)))
	case c == 0xd2:
		v = int64(int32(r.sized(4)))
	case c == 0xd3:
		v = int64(r.sized(8))
	case c == 0xca:
		return rounded(float64(math.Float32frombits(uint32(r.sized(4)))))
	case c == 0xcb:
		f := math.Float64frombits(binary.BigEndian.Uint64(r.b[1:9]))
		r.b = r.b[9:]
		return rounded(f)
	default:
		return 0, false
	}
	return v, true
}

func rounded(f float64) (int64, bool) {
	const exact = 1 << 53 // beyond it a float no longer tells integers apart
	f = math.Round(f)
	return int64(f), f >= -exact && f <= exact
}

// maxList is how many entries a list of rooms, users or ids may have. In memory an entry costs up
// to sixteen times what it costs on the wire.
const maxList = 1 << 16

func isNil(v []byte) bool { return len(v) == 1 && v[0] == 0xc0 }

func isArray(v []byte) bool {
	return v[0]&0xf0 == 0x90 || v[0] == 0xdc || v[0] == 0xdd
}

func isMap(v []byte) bool {
	return v[0]&0xf0 == 0x80 || v[0] == 0xde || v[0] == 0xdf
}

// fields goes through the pairs of a map with string keys. A value of the wrong type is kept as
// the one error of the whole; a nil value counts as an absent key.
//
//	for f := open(params); f.next(); {
//		switch string(f.key) { case "event": e.Event = f.text() }
//	}
type fields struct {
	r    reader
	left int
	key  []byte
	val  []byte
	err  error
}

// open starts on m, one map of a parsed Frame.
func open(m []byte) *fields {
	f := &fields{r: reader{b: m}}
	n, ok := f.r.mapLen()
	if !ok {
		f.err = &ParamError{"params", "not a map"}
		return f
	}
	f.left = n
	return f
}

// next goes to the next pair whose value is not nil.
func (f *fields) next() bool {
	for f.pair() {
		if !isNil(f.val) {
			return true
		}
	}
	return false
}

// pair goes to the next pair, for the methods where nil says something.
func (f *fields) pair() bool {
	if f.err != nil || f.left == 0 {
		return false
	}
	f.left--
	key, ok := f.r.str()
	if !ok {
		f.err = &ParamError{"params", "a key is not a string"}
		return false
	}
	f.key, f.val = key, f.r.raw()
	return true
}

func (f *fields) fail(what string) {
	if f.err == nil {
		f.err = &ParamError{string(f.key), what}
	}
}

func (f *fields) text() string {
	r := reader{b: f.val}
	s, ok := r.str()
	if !ok {
		f.fail("not a string")
	}
	return string(s)
}

func (f *fields) id() string {
	s := f.text()
	if len(s) > MaxID {
		f.fail("an id has at most 64 bytes")
	}
	return s
}

// name reads a string, or an integer as its decimal text: keys of users are often numbers.
func (f *fields) name() string { return f.nameOf(f.val) }

func (f *fields) nameOf(v []byte) string {
	r := reader{b: v}
	if s, ok := r.str(); ok {
		return string(s)
	}
	if v[0] == 0xca || v[0] == 0xcb {
		f.fail("neither a string nor an integer")
		return ""
	}
	n, ok := r.number()
	if !ok {
		f.fail("neither a string nor an integer")
	}
	return strconv.FormatInt(n, 10)
}

func (f *fields) flag() bool {
	switch f.val[0] {
	case 0xc3:
		return true
	case 0xc2:
	default:
		f.fail("not a boolean")
	}
	return false
}

func (f *fields) number() int64 {
	r := reader{b: f.val}
	n, ok := r.number()
	if !ok {
		f.fail("not a number")
	}
	return n
}

// list is the raw array.
func (f *fields) list() []byte {
	if !isArray(f.val) {
		f.fail("not a list")
	}
	return f.val
}

// texts is never nil: an empty list is not an absent one.
func (f *fields) texts() []string {
	return f.each(func(v []byte) string {
		r := reader{b: v}
		s, ok := r.str()
		if !ok {
			f.fail("not a list of strings")
		}
		return string(s)
	})
}

func (f *fields) names() []string { return f.each(f.nameOf) }

func (f *fields) each(read func([]byte) string) []string {
	r := reader{b: f.val}
	n, ok := r.arrayLen()
	if !ok {
		f.fail("not a list")
		return nil
	}
	if n > maxList {
		f.fail(fmt.Sprintf("at most %d entries", maxList))
		return nil
	}
	out := make([]string, 0, n)
	for range n {
		out = append(out, read(r.raw()))
		if f.err != nil {
			return nil
		}
	}
	return out
}
