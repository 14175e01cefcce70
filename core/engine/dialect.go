package engine

import (
	"time"

	"github.com/valyala/fasthttp"

	"realtime/core/protocol/engineio"
)

// Dialect is a client generation. It is small, so that tables can be indexed by it.
type Dialect uint8

// The dialects. Numbers are for tables only and never go on a wire.
const (
	// EIO4 is Engine.IO revision 4 with Socket.IO revision 5: clients 3.x and 4.x.
	EIO4 Dialect = iota
	// EIO3 is Engine.IO revision 3 with Socket.IO revision 4: clients 1.x and 2.x.
	EIO3
	// V09 is Socket.IO's first protocol: clients 0.7 to 0.9.
	V09
	// Plain is a client without Socket.IO: a bare WebSocket, an EventSource, a plain GET.
	Plain

	// Dialects is how many there are.
	Dialects = int(iota)
)

var dialectNames = [Dialects]string{EIO4: "EIO4", EIO3: "EIO3", V09: "V09", Plain: "Plain"}

// String is the dialect's name in logs and on the app link.
func (d Dialect) String() string { return dialectNames[d] }

// machine is one connection of a client as its dialect sees it: who may say what when, and what is
// due. It does no I/O. engineio.Conn is one.
type machine interface {
	Carrier() engineio.Carrier
	Upgrading() bool
	Releasing() bool
	Fault() engineio.Fault
	Upgrade(now time.Duration) bool
	Receive(from engineio.Carrier, p engineio.Packet, now time.Duration) engineio.Effects
	Lost(from engineio.Carrier, cleanly bool, now time.Duration) engineio.Effects
	Pause()
	Resume(now time.Duration)
	End()
	Tick(now time.Duration) engineio.Effects
	Deadline() time.Duration
}

// A row is what the engine has to know of a dialect. All that differs between client generations is
// in a row or behind it: the rest of the engine asks no session for its dialect.
type row struct {
	// session makes a session and its machine, in one piece. nil: the dialect is not in service.
	session func(s *Server, c engineio.Carrier, now time.Duration) *Session
	// greeting is what a client is told before all else.
	greeting func(s *Server, sess *Session) []*Message
	// packet reads one message of a WebSocket of a session.
	packet func(sess *Session, message []byte, binary bool) (engineio.Packet, error)
	// variant is what the WebSocket of this request must be sent; nil: the usual.
	variant func(ctx *fasthttp.RequestCtx) variant
	// intake is how the body of this POST is to be read; false if it cannot be.
	intake func(sess *Session, ctx *fasthttp.RequestCtx) (intake, bool)
	// form is how the answer to this poll is to be written.
	form func(sess *Session, ctx *fasthttp.RequestCtx) form
	// phrases are what the engine itself says.
	phrases *phrases
	// received is the answer to a POST.
	received answer
	// pongs: the answer to a ping of the WebSocket protocol is one to ours.
	pongs bool
	// waitingPosts is how many POSTs may wait while one is taken in; one more ends the session.
	waitingPosts int
}

// phrases are the engine's own messages. Pings, pongs and noops need not exist in a dialect.
type phrases struct{ ping, pong, noop, close, probe *Message }

// intake reads the body of a POST: next takes one packet off its front. rest is nil behind the last
// packet; see engineio.NextPacket.
type intake struct {
	// unwrap turns the body into what next reads; nil: it is that already.
	unwrap func(body []byte) ([]byte, error)
	next   func(body []byte) (p engineio.Packet, rest []byte, err error)
}

// form writes messages as the body of one answer.
type form interface {
	// body appends the messages and returns the content type of what dst is then.
	body(dst []byte, messages []*Message) (_ []byte, contentType string)
	// compressible reports whether the body may be compressed for who accepts that.
	compressible() bool
}

// answer is a whole answer that never differs.
type answer struct {
	contentType string
	body        []byte
}

// newRows is the table of dialects. It is made for each server, since a row's functions lead back to
// the server.
func newRows() [Dialects]row {
	return [Dialects]row{
		EIO4: eio4Row(),
		EIO3: eio3Row(),
		V09:  v09Row(),
	}
}

// binaryMarks stand before the bytes of a binary packet.
var binaryMarks = [Dialects]string{EIO4: "", EIO3: "\x04"}

// newMessage is, for each dialect, how a packet of the floor above and its attachments are encoded.
var newMessage = [Dialects]func(text []byte, attachments [][]byte) *Message{
	EIO4: newEIO4Message,
	EIO3: newEIO3Message,
	V09:  newV09Message,

	Plain: newPlainMessage,
}
