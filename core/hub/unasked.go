package hub

import (
	"fmt"
	"slices"

	"realtime/core/engine"
	"realtime/core/protocol/socketio"
)

// Clients of revision 4 are in the main namespace without asking: a CONNECT for it is taken as said when
// the session opens, and no connect_timeout runs. What they ask for beside it waits until the application
// has let them in there; if it refuses, they stay outside everywhere, and connected, as with Socket.IO's
// own server: to be refused is final, and closing would only bring them back.

// An entrance is where CONNECTs wait while the main namespace is not decided. A client has one until it is
// in and all that waited has been asked for.
type entrance struct {
	waiting []inbound
	busy    bool // somebody asks for what waits
	closed  bool // refused, or the session is over: nobody gets in any more
}

// enterUnasked asks for the main namespace.
func (c *client) enterUnasked() {
	in := &inbound{Packet: socketio.Packet{
		Type: socketio.Connect, Namespace: c.home(), Data: objectOf(c.ownFields()),
	}}
	err := fmt.Errorf("hub: namespace %.80q: must begin with a slash", in.Namespace)
	if socketio.ValidNamespace(in.Namespace, c.hub.packetLimits) {
		err = c.ask(in)
	}
	if c.logged(err) != nil {
		c.close()
	}
}

// home is the namespace that clients are in without asking.
func (c *client) home() string {
	if home := codecs[c.form].home; home != nil {
		return home(c)
	}
	return socketio.MainNamespace
}

// engineFields are the parameters that a client's engine adds to the query.
var engineFields = map[string]bool{"EIO": true, "transport": true, "t": true, "sid": true, "b64": true, "j": true, "jsonp": true, "i": true}

// ownFields are those that the client's program has put into the query: all it has to say who it is.
func (c *client) ownFields() []engine.Field {
	var own []engine.Field
	for _, f := range c.session.Handshake().Query {
		if !engineFields[f.Name] && !slices.Contains(codecs[c.form].parameters, f.Name) {
			own = append(own, f)
		}
	}
	return own
}

// waits keeps a CONNECT that has to wait, and reports whether that is so.
func (c *client) waits(in *inbound) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entrance
	switch {
	case e == nil:
		return false, nil
	case e.closed || in.Namespace == c.home(): // it is being asked for
		return true, nil
	case len(e.waiting) >= c.hub.cfg.MaxNamespaces:
		return true, tooManyJoined(len(e.waiting))
	}
	waiting := *in
	waiting.Data = slices.Clone(in.Data) // it is the reader's
	e.waiting = append(e.waiting, waiting)
	return true, nil
}

// forgetWaiting drops what waits for a namespace: the client does not want it any more. The caller holds
// c.mu.
func (c *client) forgetWaiting(namespace string) {
	if c.entrance != nil {
		c.entrance.waiting = slices.DeleteFunc(c.entrance.waiting, func(in inbound) bool { return in.Namespace == namespace })
	}
}

// admitWaiting asks for what has waited, one after the other, once the main namespace is entered. What
// the client asks for meanwhile waits, too, so that nobody else asks.
func (c *client) admitWaiting(s *Socket) {
	c.mu.Lock()
	e := c.entrance
	if e == nil || e.busy || s.namespace.name != c.home() {
		c.mu.Unlock()
		return
	}
	e.busy = true
	for len(e.waiting) > 0 {
		in := e.waiting[0]
		e.waiting = e.waiting[1:]
		c.mu.Unlock()
		if err := c.logged(c.ask(&in)); err != nil {
			c.close()
		}
		c.mu.Lock()
	}
	if !e.closed {
		c.entrance = nil
	}
	c.mu.Unlock()
}

// shutEntrance drops what waits, and what will: the main namespace is refused, or the session over. The
// caller holds c.mu.
func (c *client) shutEntrance() {
	if c.entrance != nil {
		c.entrance.waiting, c.entrance.closed = nil, true
	}
}
