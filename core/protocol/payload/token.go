package payload

import "encoding/binary"

// kind is what a MessagePack token is, whatever its width on the wire.
type kind uint8

const (
	kindInvalid kind = iota // 0xc1, never used
	kindNil
	kindFalse
	kindTrue
	kindUint
	kindInt
	kindFloat32
	kindFloat64
	kindStr
	kindBin
	kindArray
	kindMap
	kindExt
	kindFixExt
)

// formats describes the first bytes 0xc0 to 0xdf: the kind, and how many bytes of number, length
// or count follow. For kindFixExt width is the length itself.
// Source: MessagePack specification, "Formats", Overview.
var formats = [32]struct {
	kind  kind
	width uint8
}{
	{kindNil, 0},     // c0
	{kindInvalid, 0}, // c1
	{kindFalse, 0},   // c2
	{kindTrue, 0},    // c3
	{kindBin, 1},     // c4
	{kindBin, 2},     // c5
	{kindBin, 4},     // c6
	{kindExt, 1},     // c7
	{kindExt, 2},     // c8
	{kindExt, 4},     // c9
	{kindFloat32, 4}, // ca
	{kindFloat64, 8}, // cb
	{kindUint, 1},    // cc
	{kindUint, 2},    // cd
	{kindUint, 4},    // ce
	{kindUint, 8},    // cf
	{kindInt, 1},     // d0
	{kindInt, 2},     // d1
	{kindInt, 4},     // d2
	{kindInt, 8},     // d3
	{kindFixExt, 1},  // d4
	{kindFixExt, 2},  // d5
	{kindFixExt, 4},  // d6
	{kindFixExt, 8},  // d7
	{kindFixExt, 16}, // d8
	{kindStr, 1},     // d9
	{kindStr, 2},     // da
	{kindStr, 4},     // db
	{kindArray, 2},   // dc
	{kindArray, 4},   // dd
	{kindMap, 2},     // de
	{kindMap, 4},     // df
}

// token is one MessagePack value, or the head of an array or map.
type token struct {
	kind kind
	ext  int8   // the type of kindExt
	n    uint64 // integer (two's complement) or bits of a float; elements of an array, pairs of a map
	body []byte // bytes of kindStr, kindBin, kindExt; aliases the input
}

// tokens reads MessagePack token by token. It believes no length: a body that is not there, and a
// count of more elements than there are bytes left to hold them, are errors.
type tokens struct {
	in  []byte
	at  int
	cut bool // an error was that the input ends too early
}

// The texts of what can be wrong with MessagePack.
const (
	whatTruncated = "MessagePack ends in the middle of a value"
	whatUnused    = "0xc1 is not MessagePack"
)

func (s *tokens) fail(what string) error { return &SyntaxError{Offset: s.at, What: what} }

func (s *tokens) truncated() error {
	s.cut = true
	return s.fail(whatTruncated)
}

// next reads one token. After an error s.at is where the trouble is.
func (s *tokens) next() (token, error) {
	if s.at >= len(s.in) {
		return token{}, s.truncated()
	}
	c := s.in[s.at]
	switch {
	case c < 0x80:
		s.at++
		return token{kind: kindUint, n: uint64(c)}, nil
	case c < 0x90:
		s.at++
		return s.counted(kindMap, uint64(c&0x0f))
	case c < 0xa0:
		s.at++
		return s.counted(kindArray, uint64(c&0x0f))
	case c < 0xc0:
		s.at++
		return s.withBody(kindStr, 0, uint64(c&0x1f))
	case c >= 0xe0:
		s.at++
		return token{kind: kindInt, n: uint64(int8(c))}, nil
	}
	return s.wide(c)
}

// wide reads a token whose first byte c is one of formats.
func (s *tokens) wide(c byte) (token, error) {
	f := formats[c-0xc0]
	switch f.kind {
	case kindInvalid:
		return token{}, s.fail(whatUnused)
	case kindNil, kindFalse, kindTrue:
		s.at++
		return token{kind: f.kind}, nil
	case kindFixExt:
		s.at++
		return s.extension(uint64(f.width))
	}
	width := int(f.width)
	if len(s.in)-s.at-1 < width {
		return token{}, s.truncated()
	}
	n := bigEndian(s.in[s.at+1 : s.at+1+width])
	s.at += 1 + width
	switch f.kind {
	case kindStr, kindBin:
		return s.withBody(f.kind, 0, n)
	case kindExt:
		return s.extension(n)
	case kindArray, kindMap:
		return s.counted(f.kind, n)
	case kindInt:
		shift := 64 - 8*width
		return token{kind: kindInt, n: uint64(int64(n<<shift) >> shift)}, nil
	}
	return token{kind: f.kind, n: n}, nil
}

func (s *tokens) extension(n uint64) (token, error) {
	if s.at >= len(s.in) {
		return token{}, s.truncated()
	}
	ext := int8(s.in[s.at])
	s.at++
	return s.withBody(kindExt, ext, n)
}

func (s *tokens) withBody(k kind, ext int8, n uint64) (token, error) {
	if n > uint64(len(s.in)-s.at) {
		return token{}, s.truncated()
	}
	body := s.in[s.at : s.at+int(n) : s.at+int(n)]
	s.at += int(n)
	return token{kind: k, ext: ext, body: body}, nil
}

func (s *tokens) counted(k kind, n uint64) (token, error) {
	left := uint64(len(s.in) - s.at)
	if k == kindMap {
		left /= 2
	}
	if n > left {
		return token{}, s.truncated()
	}
	return token{kind: k, n: n}, nil
}

// bigEndian reads 1, 2, 4 or 8 bytes.
func bigEndian(b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.BigEndian.Uint16(b))
	case 4:
		return uint64(binary.BigEndian.Uint32(b))
	default:
		return binary.BigEndian.Uint64(b)
	}
}
