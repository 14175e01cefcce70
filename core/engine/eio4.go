package engine

import (
	"encoding/base64"
	"time"

	"github.com/valyala/fasthttp"

	"realtime/core/protocol/engineio"
	"realtime/core/protocol/wsframe"
)

// Engine.IO revision 4: clients 3.x and 4.x.

func eio4Row() row {
	return row{
		session:  newEIO4Session,
		greeting: engineioGreeting,
		packet:   eio4Packet,
		intake:   eio4Intake,
		form:     func(sess *Session, ctx *fasthttp.RequestCtx) form { return sess.inScript(ctx, eio4Form{}) },
		phrases:  &engineioPhrases,
		received: engineioReceived,
	}
}

// engineioReceived is the answer to a POST, in both revisions of Engine.IO: "text/html" keeps old browsers
// from offering it as a download.
var engineioReceived = answer{"text/html", []byte("ok")}

// engineioPhrases are the same in both revisions of Engine.IO.
var engineioPhrases = phrases{
	ping:  newText(engineio.Ping, nil),
	pong:  newText(engineio.Pong, nil),
	noop:  newText(engineio.Noop, nil),
	close: newText(engineio.Close, nil),
	probe: newText(engineio.Pong, []byte("probe")),
}

// engineioSession is a session and its machine in one piece of memory.
type engineioSession struct {
	Session
	conn engineio.Conn
}

func newEIO4Session(s *Server, c engineio.Carrier, now time.Duration) *Session {
	sess := &engineioSession{conn: engineio.NewConn(&s.timing, c, now)}
	sess.Session.conn = &sess.conn
	return &sess.Session
}

// engineioGreeting is the open packet, and the initial packet if there is one.
func engineioGreeting(s *Server, sess *Session) []*Message {
	open := engineio.Handshake{
		SID:          sess.id,
		PingInterval: s.cfg.PingInterval,
		PingTimeout:  s.cfg.PingTimeout,
		MaxPayload:   s.cfg.MaxPayload,
	}
	if sess.conn.Carrier() == engineio.Polling && s.upgradable {
		open.Upgrades = []string{engineio.WebSocket.String()}
	}
	text := engineio.AppendHandshake(nil, open)
	wire := wsframe.AppendHeader(make([]byte, 0, len(text)+frameHeadMax), wsframe.OpText, len(text))
	messages := []*Message{{wire: append(wire, text...), head: len(wire)}}
	if s.cfg.InitialPacket != "" {
		messages = append(messages, newText(engineio.Message, []byte(s.cfg.InitialPacket)))
	}
	return messages
}

func eio4Packet(_ *Session, message []byte, binary bool) (engineio.Packet, error) {
	return engineio.ParsePacket(message, binary)
}

// eio4Intake reads polling bodies. Binary ones do not exist in this revision.
func eio4Intake(sess *Session, ctx *fasthttp.RequestCtx) (intake, bool) {
	if string(ctx.Request.Header.ContentType()) == octetStream {
		sess.end(TransportError, "a binary body")
		return intake{}, false
	}
	return sess.unscripted(intake{next: engineio.NextPacket}), true
}

// eio4Form writes polling bodies: packets with a separator between them, binary ones as base64.
// Source: Engine.IO protocol v4, "HTTP long-polling".
type eio4Form struct{}

func (eio4Form) compressible() bool { return true }

func (eio4Form) body(dst []byte, messages []*Message) ([]byte, string) {
	for _, m := range messages {
		dst = appendEIO4(dst, m)
	}
	return dst, textPlain
}

func appendEIO4(body []byte, m *Message) []byte {
	for s := range m.payloads() {
		if len(body) > 0 {
			body = append(body, engineio.Separator)
		}
		if !s.binary {
			body = append(body, m.wire[s.from:s.to]...)
			continue
		}
		body = append(body, 'b')
		body = base64.StdEncoding.AppendEncode(body, m.wire[s.from:s.to])
	}
	return body
}

// newEIO4Message is a packet and its attachments as WebSocket messages, whose bytes stand alone.
func newEIO4Message(text []byte, attachments [][]byte) *Message {
	return newGroup(text, attachments, binaryMarks[EIO4])
}
