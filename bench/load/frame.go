package main

import (
	"encoding/binary"
	"errors"
)

// The half of RFC 6455 a client needs. It is written apart from the server's on purpose: a mistake
// of one is not hidden by the same mistake of the other.

const (
	opText  = 1
	opClose = 8
	opPing  = 9
)

// mask is every frame's. A real client takes a new one for each; the server's work is the same.
var mask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// frame returns one masked frame.
func frame(op byte, payload string) []byte {
	var b []byte
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|op, 0x80|byte(n))
	default:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|op, 0x80|126), uint16(n))
	}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return b
}

var errFrame = errors.New("the server sent a frame that is masked, fragmented or too long")

// nextFrame takes one frame off b. size is 0 if it is not complete.
func nextFrame(b []byte) (op byte, payload []byte, size int, err error) {
	if len(b) < 2 {
		return 0, nil, 0, nil
	}
	if b[0]&0x80 == 0 || b[1]&0x80 != 0 || b[1] == 127 {
		return 0, nil, 0, errFrame
	}
	head, n := 2, int(b[1])
	if n == 126 {
		if len(b) < 4 {
			return 0, nil, 0, nil
		}
		head, n = 4, int(binary.BigEndian.Uint16(b[2:]))
	}
	if len(b) < head+n {
		return 0, nil, 0, nil
	}
	return b[0] & 0xf, b[head : head+n], head + n, nil
}
