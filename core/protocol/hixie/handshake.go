package hixie

import (
	"crypto/md5"
	"encoding/binary"
	"errors"
)

const (
	// ChallengeSize is how many bytes the client of hixie-76 sends behind its request. No header tells
	// their number, so that a proxy may pass them on late.
	ChallengeSize = 8
	// ProofSize is how many bytes the answer to them has, behind the answer's head.
	ProofSize = md5.Size
)

// ErrKey is a key that no client of this draft sends. The connection is to be closed.
var ErrKey = errors.New("hixie: a key without spaces, or whose number they do not divide")

// Proof is what the server of hixie-76 writes behind its answer's head, to show that it means to speak
// WebSocket.
//
// key1 and key2 are the headers Sec-WebSocket-Key1 and Sec-WebSocket-Key2. The digits of a key are one
// number, which is divided by the number of its spaces; the proof is the MD5 of both quotients, four
// bytes each, and the challenge.
// Errors: [ErrKey].
// Source: draft-hixie-thewebsocketprotocol-76, section 5.2.
func Proof(key1, key2 string, challenge [ChallengeSize]byte) ([ProofSize]byte, error) {
	first, ok1 := quotient(key1)
	second, ok2 := quotient(key2)
	if !ok1 || !ok2 {
		return [ProofSize]byte{}, ErrKey
	}
	var b [2*4 + ChallengeSize]byte
	binary.BigEndian.PutUint32(b[0:], first)
	binary.BigEndian.PutUint32(b[4:], second)
	copy(b[8:], challenge[:])
	return md5.Sum(b[:]), nil
}

// quotient is the number that a key hides.
func quotient(key string) (uint32, bool) {
	var number, spaces uint64
	for i := range len(key) {
		switch c := key[i]; {
		case c == ' ':
			spaces++
		case '0' <= c && c <= '9':
			if number > (1<<64-1-9)/10 {
				return 0, false
			}
			number = number*10 + uint64(c-'0')
		}
	}
	if spaces == 0 || number%spaces != 0 || number/spaces > 1<<32-1 {
		return 0, false
	}
	return uint32(number / spaces), true
}
