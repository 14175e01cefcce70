package wsframe

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
)

// testKey is the masking key of RFC 6455's own example.
var testKey = [maskKeySize]byte{0x37, 0xfa, 0x21, 0x3d}

// clientFrame appends a frame as a client writes it: masked with testKey. first is the whole first
// byte, so that tests can set wrong bits.
func clientFrame(dst []byte, first byte, payload []byte) []byte {
	at := len(dst)
	dst = AppendHeader(dst, Opcode(first&opcodeBits), len(payload))
	dst[at] = first
	dst[at+1] |= maskBit
	dst = append(dst, testKey[:]...)
	for i, c := range payload {
		dst = append(dst, c^testKey[i%maskKeySize])
	}
	return dst
}

// event is one call of yield, copied.
type event struct {
	Op   Opcode
	Data string
}

// transcript is everything one input led to.
type transcript struct {
	Events []event
	Err    string
}

// feeding says how an input is handed to the parser.
type feeding struct {
	chunk func() int  // size of the next piece, at least 1
	pause func() bool // whether yield asks to stop after this event
}

func whole() feeding      { return pieces(1 << 30) }
func byteByByte() feeding { return pieces(1) }

func pieces(n int) feeding {
	return feeding{chunk: func() int { return n }, pause: func() bool { return false }}
}

// ragged hands over random pieces and pauses at random.
func ragged(seed uint64) feeding {
	random := rand.New(rand.NewPCG(seed, 0))
	return feeding{
		chunk: func() int { return 1 + random.IntN(1+random.IntN(300)) },
		pause: func() bool { return random.IntN(3) == 0 },
	}
}

// run feeds wire to p and returns what came out. The wire is copied first: Feed modifies it. After
// each pause it goes on with Feed(nil), as an owner does.
func run(p *Parser, wire []byte, limit int, f feeding) transcript {
	var t transcript
	paused := false
	yield := func(op Opcode, payload []byte) bool {
		t.Events = append(t.Events, event{op, string(payload)})
		// Nobody may rely on a payload after the call.
		for i := range payload {
			payload[i] = 0xDB
		}
		paused = f.pause()
		return !paused
	}
	for rest := slices.Clone(wire); len(rest) > 0; {
		n := min(f.chunk(), len(rest))
		err := p.Feed(rest[:n], limit, yield)
		for err == nil && paused {
			paused = false
			err = p.Feed(nil, limit, yield)
		}
		rest = rest[n:]
		if err != nil {
			t.Err = err.Error()
			return t
		}
	}
	return t
}

// appendFragments appends a message as frames of at most size bytes, with a ping between each two.
func appendFragments(dst []byte, op Opcode, message []byte, size int) []byte {
	first := byte(op)
	for len(message) > size {
		dst = clientFrame(dst, first, message[:size])
		dst = clientFrame(dst, finBit|byte(OpPing), []byte("between"))
		message, first = message[size:], byte(OpContinuation)
	}
	return clientFrame(dst, finBit|first, message)
}

// long returns n bytes of text that repeat with no short period.
func long(n int) []byte {
	b := make([]byte, 0, n+8)
	for i := 0; len(b) < n; i++ {
		b = fmt.Appendf(b, "%d,", i)
	}
	return b[:n]
}

func code(c uint16) string { return string(binary.BigEndian.AppendUint16(nil, c)) }
