package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"realtime/core/engine"
	"realtime/core/protocol/payload"
	"realtime/core/protocol/socketio"
)

// Clients without Socket.IO: one JSON object for each event, and one namespace for the whole session,
// named in the query of its request. What they show to be let in is in the query too.
//
//	{"event":"news","args":["…"],"offset":"k3"}   both ways; offset only from us
//	{"event":"ask","args":[],"id":7}              whoever gets it answers…
//	{"ack":7,"args":["yes"]}                      …with this
//	{"event":"connect","args":[{"sid":"…"}]}      in
//	{"event":"connect_error","args":[{"message":"…","data":…}]}, {"event":"disconnect","args":[]}
//
// Binary values are base64 text. The last two are the end of the session.

// What a plain client may have written that is none of it.
var errPlainObject = errors.New("hub: neither an event nor an ack")

func readPlain(c *client, message []byte, _ bool) (in inbound, done bool, err error) {
	in.Namespace = homeOfPlain(c)
	var object struct {
		Event *string          `json:"event"`
		Args  *json.RawMessage `json:"args"`
		ID    *uint64          `json:"id"`
		Ack   *uint64          `json:"ack"`
	}
	if err := json.Unmarshal(message, &object); err != nil {
		return in, false, fmt.Errorf("hub: a message that should be {event, args}: %w", err)
	}
	args := []byte("[]")
	if object.Args != nil {
		args = *object.Args
	}
	if args[0] != '[' {
		return in, false, fmt.Errorf("%w: args is no list", errPlainObject)
	}
	switch {
	case object.Event != nil && object.Ack == nil:
		in.Type, in.ID = socketio.Event, deref(object.ID)
		in.HasID = object.ID != nil
		in.Data = withName(*object.Event, args)
	case object.Ack != nil && object.Event == nil:
		in.Type, in.ID, in.HasID, in.Data = socketio.Ack, *object.Ack, true, args
	default:
		return in, false, errPlainObject
	}
	return in, true, nil
}

func deref(n *uint64) uint64 {
	if n == nil {
		return 0
	}
	return *n
}

// withName is a list of arguments with the event's name before them.
func withName(name string, args []byte) []byte {
	data := append([]byte{'['}, quote(name)...)
	if rest := args[1:]; !json.Valid(args) || slices.ContainsFunc(rest, func(c byte) bool { return !blank(c) && c != ']' }) {
		return append(append(data, ','), rest...)
	}
	return append(data, ']')
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// homeOfPlain is the namespace that the request has named.
func homeOfPlain(c *client) string {
	for _, f := range c.session.Handshake().Query {
		if f.Name == "namespace" && f.Value != "" {
			return f.Value
		}
	}
	return socketio.MainNamespace
}

// offsetOfPlain is what a page has got last: it says so, or its EventSource does.
func offsetOfPlain(c *client) string {
	hs := c.session.Handshake()
	for _, f := range hs.Headers {
		if f.Name == "last-event-id" {
			return f.Value
		}
	}
	for _, f := range hs.Query {
		if f.Name == "since" {
			return f.Value
		}
	}
	return ""
}

func writePlain(p *packet) *engine.Message {
	var text []byte
	if p.head.Type == socketio.Event {
		text = append(append([]byte(`{"event":`), quote(p.event)...), `,"args":`...)
	} else {
		text = fmt.Appendf(nil, `{"ack":%d,"args":`, p.head.ID)
	}
	text, err := payload.AppendInlineJSON(text, p.args)
	if err != nil {
		panic("hub: arguments that had a JSON form have none: " + err.Error())
	}
	switch {
	case p.head.Type == socketio.Event && p.head.HasID:
		text = fmt.Appendf(text, `,"id":%d`, p.head.ID)
	case p.number > 0:
		text = append(append(append(text, `,"offset":"`...), engine.Offset{Number: p.number}.String()...), '"')
	}
	return engine.NewMessage(engine.Plain, append(text, '}'), nil).Tracked(p.namespace, p.number)
}

func connectedPlain(s *Socket) *engine.Message {
	return plainText(`{"event":"connect","args":[{"sid":"` + s.id + `"}]}`)
}

func disconnectedPlain(*Socket) *engine.Message { return plainText(`{"event":"disconnect","args":[]}`) }

func refusedPlain(s *Socket, message string, data []byte) (m *engine.Message, err error) {
	text := append([]byte(`{"event":"connect_error","args":[{"message":`), quote(message)...)
	if data != nil {
		var value []byte
		if value, err = s.plainJSON(data); err == nil {
			text = append(append(text, `,"data":`...), value...)
		}
	}
	return plainText(string(text) + "}]}"), err
}

func plainText(text string) *engine.Message {
	return engine.NewMessage(engine.Plain, []byte(text), nil)
}
