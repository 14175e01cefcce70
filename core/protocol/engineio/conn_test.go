package engineio

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// step is one thing that happens to a connection, and what must be done about it.
type step struct {
	at   time.Duration // since the connection opened
	what string        // "ws 2probe", "poll 3", "upgrade", "lost ws", "broke poll", "tick", "pause", "resume"
	want string        // effects by name
}

var effectNames = []string{"deliver", "ping", "answer-probe", "release", "switch", "drop-probe", "end", "answer-ping"}

func (e Effects) names() string {
	var list []string
	for i, name := range effectNames {
		if e&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return strings.Join(list, " ")
}

// TestConn tells stories: pings after 25 s, pongs within 20 s, upgrades within 10 s.
func TestConn(t *testing.T) {
	const s = time.Second
	timing := &Timing{PingInterval: 25 * time.Second, PingTimeout: 20 * time.Second, UpgradeTimeout: 10 * time.Second}
	for name, story := range map[string][]step{
		"heartbeat": {
			{24 * s, "tick", ""},
			{25 * s, "tick", "ping"},
			{30 * s, "poll 3", ""},
			{45 * s, "tick", ""},
			{55 * s, "tick", "ping"},
			{74 * s, "tick", ""},
			{75 * s, "tick", "end silence"},
			{76 * s, "poll 4x", ""},
		},
		"a late tick does not give the client more time": {
			{27 * s, "tick", "ping"},
			{45 * s, "tick", "end silence"},
		},
		"other packets are no pong": {
			{25 * s, "tick", "ping"},
			{26 * s, "poll 4x", "deliver"},
			{45 * s, "tick", "end silence"},
		},
		"an unasked pong changes nothing": {
			{20 * s, "poll 3", ""},
			{25 * s, "tick", "ping"},
		},
		"a ping from the client": {{s, "poll 2", "end wrong-way"}},
		"a goodbye":              {{s, "poll 1", "release end farewell"}},
		"a poll given up":        {{s, "broke poll", "end broken"}},
		"open, upgrade, noop":    {{s, "poll 0", ""}, {s, "poll 5", ""}, {s, "poll 6", ""}},
		"upgrade": {
			{s, "upgrade", "ok"},
			{s, "upgrade", "no"}, // one at a time
			{2 * s, "ws 2probe", "answer-probe release"},
			{3 * s, "poll 4x", "deliver"},
			{4 * s, "ws 5", "release switch"},
			{5 * s, "poll 4late", ""},
			{5 * s, "broke poll", ""},
			{6 * s, "ws 4x", "deliver"},
			{7 * s, "upgrade", "no"},
			{8 * s, "lost ws", "end farewell"},
		},
		"upgrade without a probe": {{s, "upgrade", "ok"}, {s, "ws 5", "release switch"}},
		"something else than a probe": {
			{s, "upgrade", "ok"},
			{2 * s, "ws 4x", "drop-probe"},
			{2 * s, "ws 2probe", ""}, // too late
			{3 * s, "upgrade", "ok"},
		},
		"a ping that is no probe": {{s, "upgrade", "ok"}, {2 * s, "ws 2", "drop-probe"}},
		"a probe that dies":       {{s, "upgrade", "ok"}, {2 * s, "lost ws", "drop-probe"}, {3 * s, "poll 4x", "deliver"}},
		"a probe that takes too long": {
			{s, "upgrade", "ok"},
			{10 * s, "tick", ""},
			{11 * s, "tick", "drop-probe"},
			{12 * s, "upgrade", "ok"},
		},
		"a pong that was lost in the upgrade is still waited for": {
			{s, "upgrade", "ok"},
			{25 * s, "tick", "ping drop-probe"},
			{26 * s, "upgrade", "ok"},
			{27 * s, "ws 5", "release switch"},
			{46 * s, "tick", ""},
			{47 * s, "tick", "end silence"},
		},
		"a pause": {
			{s, "pause", ""},
			{25 * s, "tick", "ping"},
			{45 * s, "tick", "ping"},
			{65 * s, "tick", "ping"},
			{70 * s, "resume", ""},
			{89 * s, "tick", ""},
			{90 * s, "tick", "end silence"},
		},
	} {
		t.Run(name, func(t *testing.T) { run(t, timing, story) })
	}
}

func run(t *testing.T, timing *Timing, story []step) {
	c := NewConn(timing, Polling, 0)
	for i, step := range story {
		if got := happen(&c, step); got != step.want {
			t.Fatalf("step %d, at %v %s: got %q, want %q", i, step.at, step.what, got, step.want)
		}
		if c.Deadline() < step.at && !strings.HasPrefix(step.want, "end") && !c.ended {
			t.Fatalf("step %d: the deadline %v has passed", i, c.Deadline())
		}
	}
}

func happen(c *Conn, s step) string {
	word, rest, _ := strings.Cut(s.what, " ")
	var e Effects
	switch word {
	case "tick":
		e = c.Tick(s.at)
	case "pause":
		c.Pause()
	case "resume":
		c.Resume(s.at)
	case "upgrade":
		if !c.Upgrade(s.at) {
			return "no"
		}
		return "ok"
	case "lost", "broke":
		e = c.Lost(carrier(rest), word == "lost", s.at)
	default:
		p, err := ParsePacket([]byte(rest), false)
		if err != nil {
			return err.Error()
		}
		e = c.Receive(carrier(word), p, s.at)
	}
	if e&End == 0 {
		return e.names()
	}
	return fmt.Sprint(e.names(), " ", [...]string{Silence: "silence", Farewell: "farewell", Broken: "broken", WrongWay: "wrong-way"}[c.Fault()])
}

func carrier(word string) Carrier {
	if word == "ws" {
		return WebSocket
	}
	return Polling
}

// FuzzConn holds the machine to what must be true whatever happens: it ends once, sends nothing after
// that, and its deadline never lies in the past of a tick.
func FuzzConn(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	f.Fuzz(func(t *testing.T, events []byte) {
		for _, clientPings := range []bool{false, true} {
			happenAtRandom(t, events, clientPings)
		}
	})
}

func happenAtRandom(t *testing.T, events []byte, clientPings bool) {
	timing := &Timing{PingInterval: 25, PingTimeout: 20, UpgradeTimeout: 10, ClientPings: clientPings}
	c := NewConn(timing, Polling, 0)
	ended := false
	now := time.Duration(0)
	for _, b := range events {
		now += time.Duration(b >> 4)
		var e Effects
		switch b & 15 {
		case 0, 1, 2, 3, 4, 5, 6:
			e = c.Receive(Polling, Packet{Type: Open + PacketType(b&15)}, now)
		case 7:
			c.Upgrade(now)
		case 8:
			e = c.Receive(WebSocket, Packet{Type: Ping, Data: []byte("probe")}, now)
		case 9:
			e = c.Receive(WebSocket, Packet{Type: Upgrade}, now)
		case 10:
			e = c.Receive(WebSocket, Packet{Type: Pong}, now)
		case 11:
			e = c.Lost(WebSocket, b&16 != 0, now)
		case 12:
			e = c.Lost(Polling, b&16 != 0, now)
		case 13:
			c.Pause()
		case 14:
			c.Resume(now)
		default:
			e = c.Tick(now)
			if e&End == 0 && !ended && c.Deadline() <= now {
				t.Fatalf("after a tick at %v the deadline is %v", now, c.Deadline())
			}
		}
		if ended && e != 0 {
			t.Fatalf("%q after the end", e.names())
		}
		ended = ended || e&End != 0
	}
}
