package socketio1

import (
	"strings"
	"testing"
	"time"

	"realtime/core/protocol/engineio"
)

// step is one thing that happens to a session, and what must be done about it.
type step struct {
	at   time.Duration // since the handshake
	what string        // "admit"; "ws", "stream", "poll": a carrier comes; "answered", "lost ws", "tick", "pause", "resume"; else a packet
	want string        // effects by name, the fault behind "end"; "no" for a carrier that is refused
}

var effectNames = map[engineio.Effects]string{
	engineio.Deliver: "deliver", engineio.SendPing: "ping", engineio.ReleasePoll: "release", engineio.End: "end",
}

func names(e engineio.Effects) string {
	var list []string
	for bit := engineio.Effects(1); bit != 0; bit <<= 1 {
		if e&bit != 0 {
			list = append(list, effectNames[bit])
		}
	}
	return strings.Join(list, " ")
}

var faultNames = map[engineio.Fault]string{
	engineio.Silence: "silence", engineio.Left: "left", engineio.Absent: "absent",
	engineio.Unopened: "unopened", engineio.Broken: "broken",
}

// TestConn tells stories: heartbeats after 25 s and answers within 60 s, 60 s without a carrier, polls
// of 20 s, 8 s to let a client in, 30 s for the first carrier. What does not begin with "ask" has been
// let in.
func TestConn(t *testing.T) {
	const s = time.Second
	for name, story := range map[string][]step{
		"nobody says whether the client may come in": {
			{0, "ask", ""},
			{7 * s, "tick", ""},
			{7 * s, "ws", "no"},
			{8 * s, "tick", "end unopened"},
			{9 * s, "admit", ""},
			{9 * s, "ws", "no"},
		},
		"a client that leaves before it is known": {{0, "ask", ""}, {s, "lost poll", "end broken"}},
		"it is known at last": {
			{0, "ask", ""},
			{7 * s, "admit", ""},
			{8 * s, "admit", ""},
			{36 * s, "tick", ""},
			{37 * s, "tick", "end unopened"},
		},
		"nobody comes after the handshake": {{29 * s, "tick", ""}, {30 * s, "tick", "end unopened"}, {31 * s, "ws", "no"}},
		"heartbeats": {
			{s, "ws", ""},
			{25 * s, "tick", ""},
			{26 * s, "tick", "ping"},
			{27 * s, "2::", ""},
			{51 * s, "tick", ""},
			{52 * s, "tick", "ping"},
			{111 * s, "tick", ""},
			{112 * s, "tick", "end silence"},
			{113 * s, "3:::x", ""},
		},
		"a stream has heartbeats too": {{s, "stream", ""}, {26 * s, "tick", "ping"}, {86 * s, "tick", "end silence"}},
		"a late tick does not give the client more time": {
			{s, "ws", ""},
			{30 * s, "tick", "ping"},
			{86 * s, "tick", "end silence"},
		},
		"other packets are no heartbeat": {
			{s, "ws", ""},
			{26 * s, "tick", "ping"},
			{27 * s, "5:::{}", "deliver"},
			{86 * s, "tick", "end silence"},
		},
		"a heartbeat that nobody asked for moves the next one": {
			{s, "ws", ""},
			{20 * s, "2::", ""},
			{44 * s, "tick", ""},
			{45 * s, "tick", "ping"},
		},
		"polls": {
			{s, "poll", ""},
			{2 * s, "answered", ""},
			{3 * s, "poll", ""},
			{4 * s, "3:::x", "deliver"},
			{22 * s, "tick", ""},
			{23 * s, "tick", "release"},
			{24 * s, "answered", ""},
			{83 * s, "tick", ""},
			{84 * s, "tick", "end absent"},
		},
		"polling has no heartbeats": {
			{s, "poll", ""},
			{20 * s, "2::", ""},
			{21 * s, "tick", "release"},
			{22 * s, "poll", ""},
			{42 * s, "tick", "release"},
		},
		"a poll that is given up is like one that was answered": {
			{s, "poll", ""},
			{5 * s, "lost poll", ""},
			{64 * s, "tick", ""},
			{65 * s, "tick", "end absent"},
		},
		"a poll that is not answered though it should": {{s, "poll", ""}, {21 * s, "tick", "release"}, {81 * s, "tick", "end absent"}},
		"the answer of a former poll is not that of the next": {
			{s, "poll", ""},
			{2 * s, "ws", ""},
			{2 * s, "answered", ""},
			{3 * s, "lost poll", ""},
			{27 * s, "tick", "ping"},
		},
		"a WebSocket that breaks, and polls in its place": {
			{s, "ws", ""},
			{10 * s, "lost ws", ""},
			{69 * s, "tick", ""},
			{69 * s, "poll", ""},
			{70 * s, "lost ws", ""},
			{89 * s, "tick", "release"},
		},
		"a WebSocket that breaks for good":     {{s, "ws", ""}, {10 * s, "lost ws", ""}, {70 * s, "tick", "end absent"}},
		"a new WebSocket begins to ask anew":   {{s, "ws", ""}, {26 * s, "tick", "ping"}, {30 * s, "ws", ""}, {54 * s, "tick", ""}, {55 * s, "tick", "ping"}},
		"a disconnect":                         {{s, "poll", ""}, {2 * s, "0::", "release end left"}, {3 * s, "poll", "no"}},
		"a disconnect from an endpoint":        {{s, "ws", ""}, {2 * s, "0::/chat", "deliver"}},
		"a disconnect before a carrier came":   {{s, "0::", "release end left"}},
		"noops and empty texts mean nothing":   {{s, "ws", ""}, {2 * s, "8::", ""}, {3 * s, "", ""}},
		"a packet before the first carrier":    {{s, "3:::x", "deliver"}, {30 * s, "tick", "end unopened"}},
		"a heartbeat before the first carrier": {{s, "2::", ""}, {30 * s, "tick", "end unopened"}},
		"a pause": {
			{s, "ws", ""},
			{s, "pause", ""},
			{26 * s, "tick", "ping"},
			{86 * s, "tick", "ping"},
			{90 * s, "resume", ""},
			{149 * s, "tick", ""},
			{150 * s, "tick", "end silence"},
		},
		"a pause while no poll waits": {
			{s, "poll", ""},
			{2 * s, "answered", ""},
			{2 * s, "pause", ""},
			{62 * s, "tick", ""},
			{70 * s, "resume", ""},
			{122 * s, "tick", "end absent"},
		},
	} {
		t.Run(name, func(t *testing.T) { run(t, story) })
	}
}

func run(t *testing.T, story []step) {
	timing := &Timing{
		HeartbeatInterval: 25 * time.Second, HeartbeatTimeout: 60 * time.Second, CloseTimeout: 60 * time.Second,
		PollingDuration: 20 * time.Second, AdmitTimeout: 8 * time.Second, OpenTimeout: 30 * time.Second,
	}
	c := NewConn(timing, 0)
	if story[0].what == "ask" {
		story = story[1:]
	} else {
		c.Admit(0)
	}
	for i, step := range story {
		if got := happen(t, &c, step); got != step.want {
			t.Fatalf("step %d, at %v %q: got %q, want %q", i, step.at, step.what, got, step.want)
		}
		if c.Deadline() < step.at && c.state != ended {
			t.Fatalf("step %d: the deadline %v has passed", i, c.Deadline())
		}
	}
}

var carriers = map[string]engineio.Carrier{
	"ws": engineio.WebSocket, "stream": engineio.Streaming, "poll": engineio.Polling,
}

func happen(t *testing.T, c *Conn, s step) string {
	if carrier, comes := carriers[s.what]; comes {
		switch {
		case !c.Attach(carrier, s.at):
			return "no"
		case c.Carrier() != carrier:
			return c.Carrier().String()
		}
		return ""
	}
	word, rest, _ := strings.Cut(s.what, " ")
	var e engineio.Effects
	switch word {
	case "admit":
		c.Admit(s.at)
	case "answered":
		c.Answered(s.at)
	case "lost":
		e = c.Lost(carriers[rest], true, s.at)
	case "tick":
		e = c.Tick(s.at)
	case "pause":
		c.Pause()
	case "resume":
		c.Resume(s.at)
	default:
		p, err := ParseMessage([]byte(s.what), false)
		if err != nil {
			t.Fatal(err)
		}
		e = c.Receive(engineio.Polling, p, s.at)
	}
	if e&engineio.End == 0 {
		return names(e)
	}
	return names(e) + " " + faultNames[c.Fault()]
}

func TestConn_has_a_carrier_between_two_polls_and_none_after_a_break(t *testing.T) {
	c := NewConn(&Timing{}, 0)
	c.Admit(0)
	if got := c.Carrier(); got != engineio.NoCarrier {
		t.Errorf("after the handshake: %v", got)
	}
	c.Attach(engineio.Polling, 1)
	c.Answered(2)
	if got := c.Carrier(); got != engineio.Polling {
		t.Errorf("between two polls: %v", got)
	}
	c.Attach(engineio.WebSocket, 3)
	c.Lost(engineio.WebSocket, false, 4)
	if got := c.Carrier(); got != engineio.NoCarrier {
		t.Errorf("after a break: %v", got)
	}
}

func TestConn_releases_a_poll_until_it_is_answered(t *testing.T) {
	c := NewConn(&Timing{PollingDuration: 20}, 0)
	c.Admit(0)
	c.Attach(engineio.Polling, 1)
	before := c.Releasing()
	c.Tick(21)
	due := c.Releasing()
	c.Answered(22)
	if after := c.Releasing(); before || !due || after {
		t.Errorf("before %v, due %v, after %v", before, due, after)
	}
}
