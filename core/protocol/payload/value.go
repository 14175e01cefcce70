package payload

import (
	"iter"
	"math"
)

// Value is one MessagePack value that Validate has accepted, and nothing after it: what a codec
// needs to look into the map of a packet without decoding what is in it.
//
// Its methods never panic; of bytes that are not such a value they may say anything. Their results
// alias it.
type Value []byte

// token reads the first token.
func (v Value) token() token {
	s := tokens{in: v}
	t, _ := s.next()
	return t
}

// Pairs are the keys and values of a map, in order; of anything else, none.
func (v Value) Pairs() iter.Seq2[Value, Value] {
	return func(yield func(key, value Value) bool) {
		s := tokens{in: v}
		head, err := s.next()
		if err != nil || head.kind != kindMap {
			return
		}
		for range head.n {
			key, ok := s.value()
			if !ok {
				return
			}
			value, ok := s.value()
			if !ok || !yield(key, value) {
				return
			}
		}
	}
}

// value moves over one value and returns it.
func (s *tokens) value() (Value, bool) {
	from := s.at
	t, err := s.next()
	if err == nil && (t.kind == kindArray || t.kind == kindMap) {
		s.at = from
		err = s.skip(MaxDepth)
	}
	if err != nil {
		return nil, false
	}
	return Value(s.in[from:s.at:s.at]), true
}

// First is the first element of an array; false if there is none, or v is no array.
func (v Value) First() (Value, bool) {
	s := tokens{in: v}
	if head, err := s.next(); err != nil || head.kind != kindArray || head.n == 0 {
		return nil, false
	}
	return s.value()
}

// Text is the content of a str.
func (v Value) Text() (text []byte, ok bool) {
	t := v.token()
	return t.body, t.kind == kindStr
}

// Uint is an integer that is not negative; a float of such a value counts, up to the 53 bits that
// floats tell apart, since programs count in floats without noticing.
func (v Value) Uint() (n uint64, ok bool) {
	const exact = 1 << 53
	f := math.NaN()
	switch t := v.token(); t.kind {
	case kindUint:
		return t.n, true
	case kindInt:
		return t.n, int64(t.n) >= 0
	case kindFloat32:
		f = float64(math.Float32frombits(uint32(t.n)))
	case kindFloat64:
		f = math.Float64frombits(t.n)
	}
	if f >= 0 && f <= exact && f == math.Trunc(f) {
		return uint64(f), true
	}
	return 0, false
}

// IsText reports whether v is a str.
func (v Value) IsText() bool { return v.token().kind == kindStr }

// IsNumber reports whether v is an integer or a float.
func (v Value) IsNumber() bool {
	switch v.token().kind {
	case kindUint, kindInt, kindFloat32, kindFloat64:
		return true
	}
	return false
}

// IsArray reports whether v is an array.
func (v Value) IsArray() bool { return v.token().kind == kindArray }

// IsMap reports whether v is a map.
func (v Value) IsMap() bool { return v.token().kind == kindMap }

// IsAbsent reports whether v stands for no value at all: nil, or notepack's undefined.
func (v Value) IsAbsent() bool {
	t := v.token()
	return t.kind == kindNil || t.kind == kindExt && isUndefined(v[0], t)
}
