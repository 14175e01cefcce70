package socketio1

import (
	"time"

	"realtime/core/protocol/engineio"
)

// Timing is how patient a session is. Source: the settings of socket.io 0.9.19, in brackets.
type Timing struct {
	// HeartbeatInterval is from a heartbeat of the client to the next one of the server [25 s].
	HeartbeatInterval time.Duration
	// HeartbeatTimeout is how long the client's answer may take [60 s].
	HeartbeatTimeout time.Duration
	// CloseTimeout is how long a session may be without a carrier [60 s].
	CloseTimeout time.Duration
	// PollingDuration is how long a poll waits for something to say [20 s].
	PollingDuration time.Duration
	// AdmitTimeout is how long the request that begins a session waits to be told whether its client
	// may come in: ours, since 0.9 has it wait for ever.
	AdmitTimeout time.Duration
	// OpenTimeout is how long after its handshake a session waits for its first carrier [30 s].
	OpenTimeout time.Duration
}

// Conn is the server side of one session: heartbeats, polls, carriers that come and go, the end. It
// does no I/O and reads no clock: now is the time since an epoch of the owner's choice.
//
// A session begins with a request that is answered when it is known whether the client may come in;
// then it is without a carrier. The client comes with one, and may come with another at any time, which
// replaces it. Polls are one carrier, present while one waits; between two of them, and when a WebSocket
// or a stream is lost, the session waits for the close timeout.
//
// Its methods are those of [engineio.Conn], whose effects and faults it uses, and Admit, Attach and
// Answered. It never asks for an upgrade: nothing here is called one.
//
// Concurrency: none; its owner locks. Source: socket.io 0.9.19, lib/transport.js and lib/manager.js,
// except that a connection that is lost without a goodbye does not end the session at once: a client
// whose proxy cuts WebSockets goes on with its next transport, and clients of 0.7 open the same again.
type Conn struct {
	timing  *Timing
	due     time.Duration // what happens then depends on state and pinged
	carrier engineio.Carrier
	state   state
	fault   engineio.Fault
	pinged  bool // a heartbeat is waited for
	paused  bool // we do not read, so silence means nothing
	seen    bool // a carrier has come
}

type state uint8

const (
	asked    state = iota // nobody has said yet whether the client may come in; due: it may not
	away                  // nothing carries the session; due: it ends
	poll                  // a poll waits; due: it is to be answered
	released              // a poll is to be answered with whatever there is; due: it was not
	live                  // a WebSocket or a stream; due: a heartbeat, or the lack of one
	ended
)

// NewConn is a session whose first request came at now. timing is shared, not copied.
func NewConn(timing *Timing, now time.Duration) Conn {
	return Conn{timing: timing, due: now + timing.AdmitTimeout}
}

// Admit says that the client may come in: its request is answered, and it will come with a carrier.
func (c *Conn) Admit(now time.Duration) {
	if c.state == asked {
		c.state, c.due = away, now+c.timing.OpenTimeout
	}
}

// Carrier is the one in charge. Between two polls it is still polling; when another carrier broke, or
// none has come, it is none.
func (c *Conn) Carrier() engineio.Carrier { return c.carrier }

// Upgrading reports whether a WebSocket is probing: never.
func (c *Conn) Upgrading() bool { return false }

// Releasing reports whether the poll must be answered at once.
func (c *Conn) Releasing() bool { return c.state == released }

// Upgrade refuses: a WebSocket comes with Attach.
func (c *Conn) Upgrade(time.Duration) (ok bool) { return false }

// Fault is why the session ended itself: after End.
func (c *Conn) Fault() engineio.Fault { return c.fault }

// Attach takes a carrier that has just come: one poll, a stream or a WebSocket. It is in charge from
// now on; the former is the owner's to let go. ok is false before Admit and after the end.
func (c *Conn) Attach(carrier engineio.Carrier, now time.Duration) (ok bool) {
	if c.state == asked || c.state == ended {
		return false
	}
	c.carrier, c.pinged, c.seen = carrier, false, true
	if carrier == engineio.Polling {
		c.state, c.due = poll, now+c.timing.PollingDuration
	} else {
		c.state, c.due = live, now+c.timing.HeartbeatInterval
	}
	return true
}

// Answered says that the poll has its answer: the client has the close timeout to come again.
func (c *Conn) Answered(now time.Duration) {
	if c.state == poll || c.state == released {
		c.state, c.due = away, now+c.timing.CloseTimeout
	}
}

// Receive takes one packet that the client sent, over whichever carrier: a POST may be on its way when
// a WebSocket takes over.
func (c *Conn) Receive(_ engineio.Carrier, p engineio.Packet, now time.Duration) engineio.Effects {
	if c.state == ended {
		return 0
	}
	switch p.Type {
	case engineio.Message:
		return engineio.Deliver
	case engineio.Pong:
		if c.state == live {
			c.pinged, c.due = false, now+c.timing.HeartbeatInterval
		}
	case engineio.Close:
		return c.end(engineio.Left) | engineio.ReleasePoll
	}
	return 0
}

// Lost says that a carrier is gone, or the request that begins the session. It makes no difference
// whether the connection ended in order: a goodbye is a packet, or a close frame, which its owner sees.
func (c *Conn) Lost(from engineio.Carrier, _ bool, now time.Duration) engineio.Effects {
	switch {
	case c.state == asked:
		return c.end(engineio.Broken)
	case c.state == ended || c.state == away || from != c.carrier:
		return 0
	}
	if from != engineio.Polling {
		c.carrier = engineio.NoCarrier
	}
	c.state, c.pinged, c.due = away, false, now+c.timing.CloseTimeout
	return 0
}

// Pause says that the client is not read, and Resume that it is again: meanwhile heartbeats are sent,
// but none is missed.
func (c *Conn) Pause() { c.paused = true }

// Resume ends a pause; a client that could not answer gets the whole time again.
func (c *Conn) Resume(now time.Duration) {
	c.paused = false
	if c.pinged {
		c.due = now + c.timing.HeartbeatTimeout
	}
}

// End is the owner's: the session is over, for reasons of its own.
func (c *Conn) End() { c.state = ended }

// Tick does what is due at now.
func (c *Conn) Tick(now time.Duration) engineio.Effects {
	if c.state == ended || now < c.due {
		return 0
	}
	switch {
	case c.state == poll:
		c.state, c.due = released, now+c.timing.CloseTimeout
		return engineio.ReleasePoll
	case c.state == live && (!c.pinged || c.paused):
		// Below.
	case c.state == live:
		return c.end(engineio.Silence)
	case c.paused: // its POST waits for its answer
		c.due = now + c.timing.CloseTimeout
		return 0
	case c.seen:
		return c.end(engineio.Absent)
	default:
		return c.end(engineio.Unopened)
	}
	c.pinged = true
	c.due += c.timing.HeartbeatTimeout // from when it was due: a late owner is not the client's fault, nor its gain
	if c.due <= now {
		c.due = now + c.timing.HeartbeatTimeout
	}
	return engineio.SendPing
}

// Deadline is when to call Tick next.
func (c *Conn) Deadline() time.Duration { return c.due }

func (c *Conn) end(f engineio.Fault) engineio.Effects {
	c.state = ended
	c.fault = f
	return engineio.End
}
