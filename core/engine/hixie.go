package engine

import (
	"io"
	"net"
	"time"

	"github.com/valyala/fasthttp"

	"realtime/core/protocol/hixie"
	"realtime/core/protocol/wsframe"
	"realtime/core/proxy/forwarded"
)

// WebSocket as it was before there was a standard: drafts hixie-75 and hixie-76.

// challengePatience is how long the eight bytes behind a request of hixie-76 may take: no header tells
// of them, so that proxies pass them on when they like.
const challengePatience = 10 * time.Second

// acceptHixie does the handshake of a draft before hybi and calls begin with the WebSocket when its
// connection is ours.
func (s *Server) acceptHixie(ctx *fasthttp.RequestCtx, client forwarded.Client, sess *Session, begin func(*websocket, []byte)) {
	h := &ctx.Request.Header
	key1, key2 := string(h.Peek("Sec-Websocket-Key1")), string(h.Peek("Sec-Websocket-Key2"))
	proves := key1 != "" || key2 != ""
	head := hixieHead(h, client, proves)
	ctx.HijackSetNoResponse(true)
	ctx.Hijack(func(c net.Conn) {
		raw, ahead, err := unwrap(c)
		if err == nil && proves {
			ahead, err = prove(raw, head, ahead, key1, key2)
		} else if err == nil {
			_, err = raw.Write(head)
		}
		if err != nil {
			s.log.Debug("a WebSocket of an old draft was not accepted", "err", err)
			raw.Close()
			return
		}
		s.park(raw, &websocket{session: sess, parser: new(hixie.Parser), variant: hixieFrames}, ahead, begin)
	})
}

// hixieHead is the answer up to the proof. Source: draft-hixie-thewebsocketprotocol-76, section 5.2, and
// -75, section 4.
func hixieHead(h *fasthttp.RequestHeader, client forwarded.Client, proves bool) []byte {
	prefix := ""
	if proves {
		prefix = "Sec-"
	}
	scheme := "ws"
	if client.Secure {
		scheme = "wss"
	}
	b := []byte("HTTP/1.1 101 Web Socket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n")
	field := func(name string, value []byte) {
		b = append(append(append(b, name...), ": "...), value...)
		b = append(b, "\r\n"...)
	}
	field(prefix+"WebSocket-Origin", h.Peek("Origin"))
	field(prefix+"WebSocket-Location", []byte(scheme+"://"+client.Host+string(h.RequestURI())))
	if protocol := h.Peek(prefix + "WebSocket-Protocol"); len(protocol) > 0 {
		field(prefix+"WebSocket-Protocol", protocol)
	}
	return append(b, "\r\n"...)
}

// prove writes the head, and the proof when the challenge is there. It blocks, but not for long. rest is
// what the client has sent behind the challenge.
func prove(raw net.Conn, head, ahead []byte, key1, key2 string) (rest []byte, err error) {
	if err := raw.SetDeadline(time.Now().Add(challengePatience)); err != nil {
		return nil, err
	}
	if _, err := raw.Write(head); err != nil {
		return nil, err
	}
	var challenge [hixie.ChallengeSize]byte
	n := copy(challenge[:], ahead)
	if _, err := io.ReadFull(raw, challenge[n:]); err != nil {
		return nil, err
	}
	proof, err := hixie.Proof(key1, key2, challenge)
	if err != nil {
		return nil, err
	}
	if _, err := raw.Write(proof[:]); err != nil {
		return nil, err
	}
	return ahead[n:], raw.SetDeadline(time.Time{})
}

// newHixieFrames is a message as these drafts frame it: texts, and a goodbye for a close frame. Pings
// and pongs do not exist.
func newHixieFrames(m *Message) *Message {
	v := &Message{last: m.last}
	switch wsframe.Opcode(m.wire[0] & 0x0F) {
	case wsframe.OpClose:
		v.wire = hixie.AppendClose(nil)
	case wsframe.OpText:
		for s := range m.payloads() {
			v.wire = hixie.AppendFrame(v.wire, m.wire[s.from:s.to])
			v.packets = append(v.packets, span{from: len(v.wire) - 1 - (s.to - s.from), to: len(v.wire) - 1})
		}
	}
	return v
}
