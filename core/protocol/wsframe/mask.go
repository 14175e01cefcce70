package wsframe

import (
	"encoding/binary"
	"math/bits"
)

// unmask applies key to b in place (masking and unmasking are the same) and returns the key turned
// so that it fits the byte after b: a payload may be unmasked in pieces.
//
// The lowest byte of key goes on the first byte of b. Whole words leave the key's phase as it is,
// so only the last 0-7 bytes go one at a time. Source: RFC 6455 section 5.3.
func unmask(b []byte, key uint32) uint32 {
	word := uint64(key)<<32 | uint64(key)
	for len(b) >= 32 {
		q := b[:32:32]
		binary.LittleEndian.PutUint64(q[0:], binary.LittleEndian.Uint64(q[0:])^word)
		binary.LittleEndian.PutUint64(q[8:], binary.LittleEndian.Uint64(q[8:])^word)
		binary.LittleEndian.PutUint64(q[16:], binary.LittleEndian.Uint64(q[16:])^word)
		binary.LittleEndian.PutUint64(q[24:], binary.LittleEndian.Uint64(q[24:])^word)
		b = b[32:]
	}
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^word)
		b = b[8:]
	}
	for i := range b {
		b[i] ^= byte(key)
		key = bits.RotateLeft32(key, -8)
	}
	return key
}
