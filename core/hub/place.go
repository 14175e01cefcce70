package hub

import (
	"strconv"
	"strings"
)

// A place is how far in what was emitted a plain client has come: it has got all up to settled that was meant
// for it, and the emit with this number. Emits that began at the same time reach clients in any order, so
// to know the last one says nothing about those just before it.
type place struct{ number, settled uint64 }

// placeOf is where a client is that has got the emit with a number, and before it all up to settled.
func placeOf(number, settled uint64) place {
	if settled == number-1 {
		settled = number
	}
	return place{number, settled}
}

// String is a place as clients hand it back: the number, and how far settled is behind it if it is, "k3-2".
func (p place) String() string {
	text := strconv.FormatUint(p.number, 36)
	if p.number == p.settled {
		return text
	}
	return text + "-" + strconv.FormatUint(p.number-p.settled, 36)
}

// parsePlace reads what a client hands back. What is no place is the beginning: who comes from there has
// missed everything.
func parsePlace(text string) place {
	number, behind, far := strings.Cut(text, "-")
	n, err := strconv.ParseUint(number, 36, 64)
	if err != nil {
		return place{}
	}
	p := place{n, n}
	if far {
		back, err := strconv.ParseUint(behind, 36, 64)
		if err != nil || back > n {
			return place{}
		}
		p.settled -= back
	}
	return p
}

// before reports whether who is there has perhaps not got the emit with a number.
func (p place) before(number uint64) bool { return number > p.settled && number != p.number }
