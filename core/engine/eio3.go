package engine

import (
	"iter"
	"strings"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"realtime/core/protocol/engineio"
	"realtime/core/protocol/wsframe"
)

// Engine.IO revision 3: clients 1.x and 2.x.

func eio3Row() row {
	return row{
		session:  newEIO3Session,
		greeting: engineioGreeting,
		packet:   eio3Packet,
		variant:  eio3Variant,
		intake:   eio3Intake,
		form:     eio3FormOf,
		phrases:  &engineioPhrases,
		received: engineioReceived,
	}
}

// eio3Conn is the machine of a session and what it has shown of how it writes text.
type eio3Conn struct {
	engineio.Conn
	text atomic.Uint32 // an engineio.Text3; read by whoever writes an answer
}

// eio3Session is a session and its machine in one piece of memory.
type eio3Session struct {
	Session
	conn eio3Conn
}

func newEIO3Session(s *Server, c engineio.Carrier, now time.Duration) *Session {
	sess := &eio3Session{conn: eio3Conn{Conn: engineio.NewConn(&s.clientTiming, c, now)}}
	sess.Session.conn = &sess.conn
	return &sess.Session
}

// decode undoes what 1.x does to text. POSTs come one at a time, and so do a WebSocket's messages; if
// both come at once, the worst is that a proof is forgotten and has to be given again.
func (c *eio3Conn) decode(p engineio.Packet) engineio.Packet {
	if p.Binary {
		return p
	}
	text := engineio.Text3(c.text.Load())
	p.Data = text.Decode(p.Data)
	c.text.Store(uint32(text))
	return p
}

// eio3Packet reads one message of a WebSocket. The browser clients 1.0, which alone say EIO=2, write its
// text as they write polling bodies.
func eio3Packet(sess *Session, message []byte, binary bool) (engineio.Packet, error) {
	p, err := engineio.ParsePacket3(message, binary)
	if revision, _ := sess.handshake.param("EIO"); err != nil || revision != "2" {
		return p, err
	}
	return sess.conn.(*eio3Conn).decode(p), nil
}

// eio3Variant is what a WebSocket must be sent: text only, if its request says so.
func eio3Variant(ctx *fasthttp.RequestCtx) variant {
	if len(ctx.QueryArgs().Peek("b64")) > 0 {
		return textOnly
	}
	return usual
}

// octetStream is the content type of polling bodies of bytes.
const octetStream = "application/octet-stream"

// eio3Intake reads polling bodies, of text or of bytes.
func eio3Intake(sess *Session, ctx *fasthttp.RequestCtx) (intake, bool) {
	if string(ctx.Request.Header.ContentType()) == octetStream {
		return intake{next: engineio.NextBinaryPacket3}, true
	}
	conn := sess.conn.(*eio3Conn)
	return sess.unscripted(intake{next: func(body []byte) (engineio.Packet, []byte, error) {
		p, rest, err := engineio.NextPacket3(body)
		if err != nil {
			return p, rest, err
		}
		return conn.decode(p), rest, nil
	}}), true
}

// eio3FormOf is how a poll is answered: with bytes where they are needed, unless the client has said when
// it opened the session that it takes text only.
func eio3FormOf(sess *Session, ctx *fasthttp.RequestCtx) form {
	conn := sess.conn.(*eio3Conn)
	if b64, _ := sess.handshake.param("b64"); b64 != "" || sess.scripted() {
		return sess.inScript(ctx, (*eio3Text)(conn))
	}
	if t, _ := sess.handshake.param("t"); isDateAndCount(t) {
		return (*eio3Bytes)(conn)
	}
	return (*eio3Any)(conn)
}

// dateDigits is how many digits the milliseconds since 1970 have, from 2001 to 2286.
const dateDigits = 13

// isDateAndCount reports whether what keeps a request out of caches is of clients 1.0 to 1.3: the date in
// milliseconds, a dash and a number. Those since then write shorter words.
func isDateAndCount(t string) bool {
	date, count, found := strings.Cut(t, "-")
	return found && len(date) == dateDigits && isNumber(date) && isNumber(count)
}

func isNumber(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// eio3Text writes polling bodies of text, binary packets as base64, and text as the session writes it
// itself. Source: Engine.IO protocol v3, "Payload".
type eio3Text eio3Conn

func (*eio3Text) compressible() bool { return true }

func (f *eio3Text) body(dst []byte, messages []*Message) ([]byte, string) {
	text := engineio.Text3(f.text.Load())
	for _, m := range messages {
		for p := range m.packets3() {
			if !p.Binary {
				p.Data = text.Encode(p.Data)
			}
			dst = engineio.AppendPayloadPacket3(dst, p)
		}
	}
	return dst, textPlain
}

// eio3Any writes polling bodies of text where that says everything in ASCII, else of bytes: they carry
// binary data as it is, and clients 1.x and 2.x read their text alike.
type eio3Any eio3Conn

func (*eio3Any) compressible() bool { return true }

func (f *eio3Any) body(dst []byte, messages []*Message) ([]byte, string) {
	if !needBytes(messages) {
		return (*eio3Text)(f).body(dst, messages)
	}
	return (*eio3Bytes)(f).body(dst, messages)
}

// eio3Bytes writes polling bodies of bytes only. The servers of 1.x never wrote others to who takes bytes,
// and browser clients 1.0 to 1.3 take any other answer for an empty one.
type eio3Bytes eio3Conn

func (*eio3Bytes) compressible() bool { return true }

func (*eio3Bytes) body(dst []byte, messages []*Message) ([]byte, string) {
	for _, m := range messages {
		for p := range m.packets3() {
			dst = engineio.AppendBinaryPayloadPacket3(dst, p)
		}
	}
	return dst, octetStream
}

// needBytes reports whether some packet is binary, or text beyond ASCII.
func needBytes(messages []*Message) bool {
	for _, m := range messages {
		for p := range m.packets3() {
			if p.Binary || !isASCII(p.Data) {
				return true
			}
		}
	}
	return false
}

func isASCII(text []byte) bool {
	for _, b := range text {
		if b >= 0x80 {
			return false
		}
	}
	return true
}

// packets3 yields the packets of a message of this dialect.
func (m *Message) packets3() iter.Seq[engineio.Packet] {
	return func(yield func(engineio.Packet) bool) {
		for s := range m.payloads() {
			p := engineio.Packet{Type: engineio.Message, Data: m.wire[s.from+1 : s.to], Binary: s.binary}
			if !s.binary {
				p.Type = engineio.PacketType(m.wire[s.from])
			}
			if !yield(p) {
				return
			}
		}
	}
}

// newEIO3Message is a packet and its attachments as WebSocket messages, whose bytes have their packet's
// type before them.
func newEIO3Message(text []byte, attachments [][]byte) *Message {
	return newGroup(text, attachments, binaryMarks[EIO3])
}

// newTextOnly is a message of this dialect with its binary packets as base64 in text frames.
func newTextOnly(m *Message) *Message {
	if m.packets == nil { // one text frame, or a control frame
		return m
	}
	other := &Message{wire: make([]byte, 0, len(m.wire)+len(m.wire)/2)}
	var text []byte
	for p := range m.packets3() {
		text = engineio.AppendTextPacket3(text[:0], p)
		other.wire = wsframe.AppendFrame(other.wire, wsframe.OpText, text)
		other.packets = append(other.packets, span{from: len(other.wire) - len(text), to: len(other.wire)})
	}
	return other
}
