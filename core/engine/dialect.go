package engine

// Dialect is a client generation. It is small, so that tables can be indexed by it.
type Dialect uint8

// The dialects in service. Numbers are for tables only and never go on a wire.
const (
	// EIO4 is Engine.IO revision 4 with Socket.IO revision 5: clients 3.x and 4.x.
	EIO4 Dialect = 0

	// Dialects is how many there are.
	Dialects = 1
)

var dialectNames = [Dialects]string{EIO4: "EIO4"}

// String is the dialect's name in logs and on the app link.
func (d Dialect) String() string { return dialectNames[d] }
