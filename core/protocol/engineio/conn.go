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

// Timing is how patient a connection is, and who asks whether the other is there. Source: Engine.IO
// protocol v4 and v3, "Heartbeat"; the upgrade's limit is the reference server's upgradeTimeout.
type Timing struct {
	PingInterval   time.Duration // from open, or the last pong, to the next ping
	PingTimeout    time.Duration // how long a pong may take
	UpgradeTimeout time.Duration // how long a probing WebSocket may take
	// ClientPings is revision 3: the client pings and we answer. One that has sent nothing for
	// PingInterval and PingTimeout together is gone.
	ClientPings bool
	// Mute: nobody can answer a ping, which is sent all the same, so that a broken connection shows.
	Mute bool
}

// firstBeat is how long after its opening a connection's heartbeat first asks for something.
func (t *Timing) firstBeat() time.Duration {
	if t.ClientPings {
		return t.PingInterval + t.PingTimeout
	}
	return t.PingInterval
}

// pausedBeat is how often a client that pings is answered while it is not read. It has to hear
// something within PingTimeout of a ping that we do not see.
func (t *Timing) pausedBeat() time.Duration { return t.PingTimeout / 2 }

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
	AnswerPing                      // send a pong over the carrier in charge
)

// Fault is why a Conn ended itself.
type Fault uint8

// The faults.
const (
	NoFault  Fault = iota
	Silence        // no pong in time, or no ping
	Farewell       // the client sent a close packet, or its carrier closed
	Broken         // the carrier broke, or a poll was given up
	WrongWay       // a ping where only servers ping, a pong where only clients do
	Left           // the client said that it leaves for good
	Absent         // no carrier came in place of one that is gone, in a dialect that waits for it
	Unopened       // no carrier came after a handshake without one
)

// upgrade is how far a probing WebSocket has come.
type upgrade uint8

const (
	noUpgrade upgrade = iota
	opened            // the WebSocket stands, its probe has not come
	probed            // the probe was answered; polls are released until the client says it is done
)

// Conn is the server side of one Engine.IO connection, revision 4 or, if its timing says so, 3:
// heartbeat, upgrade, end. It does no I/O and reads no clock: now is the time since an epoch of the
// owner's choice.
//
// Concurrency: none; its owner locks. Effects must be carried out before the next call matters to
// the client, in order. Source: Engine.IO protocol v4 and v3; what happens in a race follows the
// reference server, except that an outstanding pong is still waited for after an upgrade.
type Conn struct {
	timing    *Timing
	heartbeat time.Duration // when a ping is due, or the end for lack of a pong or of pings
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
	return Conn{timing: timing, carrier: carrier, heartbeat: now + timing.firstBeat()}
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
	if c.timing.ClientPings && !c.paused { // whatever comes shows that the client is there
		c.heartbeat = now + c.timing.firstBeat()
	}
	switch p.Type {
	case Message:
		return Deliver
	case Ping, Pong:
		return c.beat(p.Type, now)
	case Close:
		return c.end(Farewell) | ReleasePoll
	}
	return 0 // open, upgrade and noop say nothing here
}

// beat takes a ping or a pong of the carrier in charge.
func (c *Conn) beat(t PacketType, now time.Duration) Effects {
	switch {
	case (t == Ping) != c.timing.ClientPings:
		return c.end(WrongWay)
	case t == Ping:
		return AnswerPing // bare, whatever the ping has with it
	case c.pinged:
		c.pinged = false
		c.heartbeat = now + c.timing.PingInterval
	}
	return 0
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

// Lost says that a carrier is gone; cleanly tells a goodbye from a break. No connection of Engine.IO
// outlives its carrier, so the time does not matter here.
func (c *Conn) Lost(from Carrier, cleanly bool, _ time.Duration) Effects {
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

// Pause says that the client is not read, and Resume that it is again: meanwhile pings are sent, or
// those answered that must be waiting, but neither pongs nor pings are missed.
func (c *Conn) Pause() {
	if c.timing.ClientPings && !c.paused {
		c.heartbeat += c.timing.pausedBeat() - c.timing.firstBeat() // from when it was last heard
	}
	c.paused = true
}

// Resume ends a pause; a client that could not be heard gets the whole time again.
func (c *Conn) Resume(now time.Duration) {
	c.paused = false
	switch {
	case c.timing.ClientPings:
		c.heartbeat = now + c.timing.firstBeat()
	case c.pinged:
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
	case c.timing.ClientPings && c.paused:
		c.heartbeat = now + c.timing.pausedBeat()
		e |= AnswerPing
	case c.timing.ClientPings:
		e |= c.end(Silence)
	case c.timing.Mute:
		c.heartbeat = now + c.timing.PingInterval
		e |= SendPing
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
