// Package id makes and recognises the ids of sessions and sockets.
//
// An id is 20 URL-safe characters: 15 random bytes in base64url. A session's id is a secret, since
// whoever has it may speak for that client; a socket's id is public. Both have the same form, so
// that neither tells which node made it. In a cluster the last three of the fifteen bytes will
// carry a masked tag that names the owner node; on one node they are random like the others.
//
// Imports nothing of the project; anyone may import it.
package id

import (
	"crypto/rand"
	"encoding/base64"
	"sync"
)

const (
	size = 15 // bytes; a multiple of three, so that base64 needs no padding

	// Len is the number of characters in an id.
	Len = size / 3 * 4

	// block is how many ids one read of the system's random source serves.
	block = 32
)

// source hands out random bytes that were read a block at a time. What was handed out is wiped, so
// that ids which became secrets of a session do not linger here.
var source struct {
	mu     sync.Mutex
	unused int // ids left at the end of bytes
	bytes  [block * size]byte
}

// New returns a new id that nobody can guess: 120 random bits, except that none begins with a hyphen, so that
// it can stand behind a flag on a command line.
//
// Concurrency: any goroutine may call it; it does not block.
// Errors: none; the process ends when the system has no random source (crypto/rand).
func New() string {
	var text [Len]byte
	for text[0] = '-'; text[0] == '-'; {
		raw := draw()
		base64.RawURLEncoding.Encode(text[:], raw[:])
	}
	return string(text[:])
}

// draw returns random bytes.
func draw() (raw [size]byte) {
	source.mu.Lock()
	defer source.mu.Unlock()
	if source.unused == 0 {
		rand.Read(source.bytes[:]) // never fails, see crypto/rand.Read
		source.unused = block
	}
	next := source.bytes[(block-source.unused)*size:][:size]
	copy(raw[:], next)
	clear(next)
	source.unused--
	return raw
}

// Valid reports whether s has the form of an id. It says nothing about whether it was ever given
// out.
func Valid(s string) bool {
	if len(s) != Len {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
