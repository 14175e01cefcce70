package engineio

import "time"

// Carrier is what brings packets of a session: a poll and its POSTs, an answer that does not end and
// its POSTs, or a WebSocket.
type Carrier uint8

// The carriers. An Engine.IO session is on one of polling and WebSocket; it can go from the first to
// the second, never back. Other dialects stream too, and may be without any for a while.
const (
	NoCarrier Carrier = iota
	Polling
	WebSocket
	Streaming
)

// String is the carrier's name in requests and in logs.
func (c Carrier) String() string {
	switch c {
	case WebSocket:
		return "websocket"
	case Streaming:
		return "streaming"
	case NoCarrier:
		return "none"
	}
	return "polling"
}

// Timing is how patient a connection is. Source: Engine.IO protocol v4, "Heartbeat"; the upgrade's
// limit is the reference server's upgradeTimeout.
type Timing struct {
	PingInterval   time.Duration // from open, or the last pong, to the next ping
	PingTimeout    time.Duration // how long a pong may take
	UpgradeTimeout time.Duration // how long a probing WebSocket may take
}

// Effects is what the owner of a Conn must do, a set of bits; in order of the bits where the order
// matters.
type Effects uint8

// The effects.
const (
	Deliver     Effects = 1 << iota // hand the packet's data to the floor above
	SendPing                        // send a ping over the carrier in charge
	AnswerProbe                     // write the probe's pong on the probing WebSocket
	ReleasePoll                     // answer a pending poll with what is queued, or a noop
	Switch                          // the WebSocket is in charge from now on
	DropProbe                       // close the probing WebSocket; the session goes on
	End                             // the session is over; Fault says why
)

// Fault is why a Conn ended itself.
type Fault uint8

// The faults.
const (
	NoFault  Fault = iota
	Silence        // no pong in time
	Farewell       // the client sent a close packet, or its carrier closed
	Broken         // the carrier broke, or a poll was given up
	WrongWay       // a ping, which in this revision only servers send
)

// upgrade is how far a probing WebSocket has come.
type upgrade uint8

const (
	noUpgrade upgrade = iota
	opened            // the WebSocket stands, its probe has not come
	probed            // the probe was answered; polls are released until the client says it is done
)

// Conn is the server side of one Engine.IO connection, revision 4: heartbeat, upgrade, end. It does
// no I/O and reads no clock: now is the time since an epoch of the owner's choice.
//
// Concurrency: none; its owner locks. Effects must be carried out before the next call matters to
// the client, in order. Source: Engine.IO protocol v4; what happens in a race follows the reference
// server, except that an outstanding pong is still waited for after an upgrade.
type Conn struct {
	timing    *Timing
	heartbeat time.Duration // when a ping, or the lack of a pong, is due
	upgradeBy time.Duration // when a probing WebSocket is given up
	carrier   Carrier
	upgrade   upgrade
	fault     Fault
	pinged    bool // a pong is waited for
	paused    bool // we do not read, so silence means nothing
	ended     bool
}

// NewConn is a connection that opened at now. timing is shared, not copied.
func NewConn(timing *Timing, carrier Carrier, now time.Duration) Conn {
	return Conn{timing: timing, carrier: carrier, heartbeat: now + timing.PingInterval}
}

// Carrier is the one in charge.
func (c *Conn) Carrier() Carrier { return c.carrier }

// Upgrading reports whether a WebSocket is probing, Releasing whether polls are answered at once
// because its probe was.
func (c *Conn) Upgrading() bool { return c.upgrade != noUpgrade }

// Releasing reports whether every poll must be answered at once.
func (c *Conn) Releasing() bool { return c.upgrade == probed }

// Fault is why the connection ended itself: after End.
func (c *Conn) Fault() Fault { return c.fault }

// Upgrade takes a WebSocket that wants to replace the poll. ok is false if there is nothing to
// replace: then only that WebSocket is closed.
func (c *Conn) Upgrade(now time.Duration) (ok bool) {
	if c.ended || c.carrier != Polling || c.upgrade != noUpgrade {
		return false
	}
	c.upgrade = opened
	c.upgradeBy = now + c.timing.UpgradeTimeout
	return true
}

// Receive takes one packet that came over the given carrier.
func (c *Conn) Receive(from Carrier, p Packet, now time.Duration) Effects {
	switch {
	case c.ended:
		return 0
	case from != c.carrier:
		return c.probe(from, p, now)
	}
	switch p.Type {
	case Message:
		return Deliver
	case Pong:
		if c.pinged {
			c.pinged = false
			c.heartbeat = now + c.timing.PingInterval
		}
	case Ping:
		return c.end(WrongWay)
	case Close:
		return c.end(Farewell) | ReleasePoll
	}
	return 0 // open, upgrade and noop say nothing here
}

// probe takes a packet of a WebSocket that is not in charge.
func (c *Conn) probe(from Carrier, p Packet, now time.Duration) Effects {
	switch {
	case from != WebSocket || c.upgrade == noUpgrade:
		return 0 // a POST that was on its way when the WebSocket took over
	case p.Type == Ping && string(p.Data) == "probe":
		c.upgrade = probed
		return AnswerProbe | ReleasePoll
	case p.Type == Upgrade:
		c.upgrade = noUpgrade
		c.carrier = WebSocket
		if c.pinged { // the ping may have been lost with the poll that is released now
			c.heartbeat = now + c.timing.PingTimeout
		}
		return ReleasePoll | Switch
	}
	c.upgrade = noUpgrade
	return DropProbe
}

// Lost says that a carrier is gone; cleanly tells a goodbye from a break.
func (c *Conn) Lost(from Carrier, cleanly bool) Effects {
	switch {
	case c.ended:
		return 0
	case from == c.carrier && cleanly:
		return c.end(Farewell)
	case from == c.carrier:
		return c.end(Broken)
	case from == WebSocket && c.upgrade != noUpgrade:
		c.upgrade = noUpgrade
		return DropProbe
	}
	return 0
}

// Pause says that the client is not read, and Resume that it is again: meanwhile pings are sent, but
// no pong is missed.
func (c *Conn) Pause() { c.paused = true }

// Resume ends a pause; a client that could not answer gets the whole time again.
func (c *Conn) Resume(now time.Duration) {
	c.paused = false
	if c.pinged {
		c.heartbeat = now + c.timing.PingTimeout
	}
}

// End is the owner's: the session is over, for reasons of its own.
func (c *Conn) End() { c.ended = true }

// Tick does what is due at now.
func (c *Conn) Tick(now time.Duration) Effects {
	if c.ended {
		return 0
	}
	var e Effects
	if c.upgrade != noUpgrade && now >= c.upgradeBy {
		c.upgrade = noUpgrade
		e |= DropProbe
	}
	if now < c.heartbeat {
		return e
	}
	switch {
	case !c.pinged || c.paused:
		c.pinged = true
		c.heartbeat += c.timing.PingTimeout // from when it was due: a late owner is not the client's fault, nor its gain
		if c.heartbeat <= now {
			c.heartbeat = now + c.timing.PingTimeout
		}
		e |= SendPing
	default:
		e |= c.end(Silence)
	}
	return e
}

// Deadline is when to call Tick next.
func (c *Conn) Deadline() time.Duration {
	if c.upgrade != noUpgrade {
		return min(c.heartbeat, c.upgradeBy)
	}
	return c.heartbeat
}

func (c *Conn) end(f Fault) Effects {
	c.ended = true
	c.fault = f
	return End
}
