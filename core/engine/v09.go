package engine

import (
	"time"

	"github.com/valyala/fasthttp"

	"realtime/core/protocol/engineio"
	"realtime/core/protocol/socketio1"
	"realtime/core/protocol/wsframe"
)

// Socket.IO's first protocol: clients 0.7 to 0.9. Their requests come by a path of their own, see
// v09_requests.go, and their sessions roam, see roaming.go.

func v09Row() row {
	return row{
		session:  newV09Session,
		greeting: func(*Server, *Session) []*Message { return nil }, // the floor above says it
		packet: func(_ *Session, message []byte, binary bool) (engineio.Packet, error) {
			return socketio1.ParseMessage(message, binary)
		},
		intake:       func(*Session, *fasthttp.RequestCtx) (intake, bool) { return v09Body, true },
		form:         func(*Session, *fasthttp.RequestCtx) form { return v09Text{} },
		phrases:      &v09Phrases,
		received:     answer{textPlain, []byte("1")},
		waitingPosts: v09WaitingPosts,
	}
}

// v09WaitingPosts is how many POSTs may wait while one is taken in. Clients post heartbeats and acks
// without waiting for the answer to what they posted before.
const v09WaitingPosts = 8

// v09Phrases are what the engine itself says. A client that is told that it is not known begins anew.
var v09Phrases = phrases{
	ping:  newPlainText([]byte("2::")),
	noop:  newPlainText([]byte("8::")),
	close: newPlainText(socketio1.AppendError(nil, "", socketio1.NotHandshaken, socketio1.AdviseReconnect)),
}

// goodbye ends the whole client, which does not come back by itself.
const v09Goodbye = "0::"

// v09Session is a session, its machine and what roams, in one piece of memory.
type v09Session struct {
	Session
	conn socketio1.Conn
	roam roaming
}

func newV09Session(s *Server, _ engineio.Carrier, now time.Duration) *Session {
	sess := &v09Session{conn: socketio1.NewConn(&s.v09Timing, now)}
	sess.roam.machine = &sess.conn
	sess.Session.conn, sess.Session.roam = &sess.conn, &sess.roam
	return &sess.Session
}

// newV09Message is a packet as a WebSocket message. Attachments do not exist.
func newV09Message(text []byte, _ [][]byte) *Message {
	m := newPlainText(text)
	m.last = string(text) == v09Goodbye
	return m
}

// newPlainText is a text that is a whole WebSocket message.
func newPlainText(text []byte) *Message {
	wire := wsframe.AppendHeader(make([]byte, 0, len(text)+frameHeadMax), wsframe.OpText, len(text))
	head := len(wire)
	return &Message{wire: append(wire, text...), head: head}
}

// v09Body reads what an xhr-polling or htmlfile client posts.
var v09Body = intake{unwrap: sayNothing, next: socketio1.NextMessage}

// v09Form reads what a JSONP client posts: a form whose field d is a body, as a JSON string.
var v09Form = intake{unwrap: func(body []byte) ([]byte, error) {
	var args fasthttp.Args
	args.ParseBytes(body)
	body, err := socketio1.ParseJSONPForm(args.Peek("d"))
	if err != nil {
		return nil, err
	}
	return sayNothing(body)
}, next: socketio1.NextMessage}

// sayNothing makes a noop of an empty body, which this protocol's own server lets pass.
func sayNothing(body []byte) ([]byte, error) {
	if len(body) == 0 {
		return []byte("8::"), nil
	}
	return body, nil
}

// v09Text writes the answers of xhr-polling.
type v09Text struct{}

func (v09Text) compressible() bool { return true }

func (v09Text) body(dst []byte, messages []*Message) ([]byte, string) {
	return appendV09(dst, messages), textPlain
}

// appendV09 appends messages as one body: a packet alone stands bare, several have their lengths.
// Messages of this dialect are one packet each.
func appendV09(dst []byte, messages []*Message) []byte {
	if len(messages) == 1 {
		return append(dst, messages[0].text()...)
	}
	for _, m := range messages {
		dst = socketio1.AppendFrame(dst, m.text())
	}
	return dst
}

// v09Script writes the answers of jsonp-polling.
type v09Script struct{ index string }

func (v09Script) compressible() bool { return true }

func (f v09Script) body(dst []byte, messages []*Message) ([]byte, string) {
	return socketio1.AppendJSONP(dst, f.index, appendV09(nil, messages)), javaScript
}

// v09Page writes the page of htmlfile, which does not end.
type v09Page struct{}

func (v09Page) head(dst []byte) ([]byte, string) {
	return socketio1.AppendHTMLFileHead(dst), "text/html; charset=UTF-8"
}

func (v09Page) piece(dst []byte, messages []*Message) []byte {
	for _, m := range messages {
		dst = socketio1.AppendHTMLFile(dst, m.text())
	}
	return dst
}
