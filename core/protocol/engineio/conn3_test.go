package engineio

import (
	"testing"
	"time"
)

// TestConn_revision_3 tells stories of clients that ping every 25 s and are gone after 45 s of silence.
func TestConn_revision_3(t *testing.T) {
	const s = time.Second
	timing := &Timing{
		PingInterval: 25 * time.Second, PingTimeout: 20 * time.Second, UpgradeTimeout: 10 * time.Second, ClientPings: true,
	}
	for name, story := range map[string][]step{
		"heartbeat": {
			{25 * s, "tick", ""}, // nothing is asked of the client
			{25 * s, "poll 2", "answer-ping"},
			{50 * s, "poll 2", "answer-ping"},
			{94 * s, "tick", ""},
			{95 * s, "tick", "end silence"},
			{96 * s, "poll 2", ""},
		},
		"nothing at all":                 {{44 * s, "tick", ""}, {45 * s, "tick", "end silence"}},
		"a message is a sign of life":    {{40 * s, "poll 4x", "deliver"}, {84 * s, "tick", ""}, {85 * s, "tick", "end silence"}},
		"a probe over polling is a ping": {{s, "poll 2probe", "answer-ping"}},
		"a pong from the client":         {{s, "poll 3", "end wrong-way"}},
		"a goodbye":                      {{s, "poll 1", "release end farewell"}},
		"upgrade": {
			{s, "upgrade", "ok"},
			{2 * s, "ws 2probe", "answer-probe release"},
			{3 * s, "poll 2", "answer-ping"},
			{4 * s, "ws 5", "release switch"},
			{5 * s, "poll 2", ""},
			{6 * s, "ws 2", "answer-ping"},
			{50 * s, "tick", ""},
			{51 * s, "tick", "end silence"},
		},
		"a ping that is no probe":         {{s, "upgrade", "ok"}, {2 * s, "ws 2", "drop-probe"}},
		"a pong on the probing WebSocket": {{s, "upgrade", "ok"}, {2 * s, "ws 3", "drop-probe"}},
		"a client that is not read is answered what it must have asked": {
			{20 * s, "poll 4x", "deliver"},
			{20 * s, "pause", ""},
			{29 * s, "tick", ""},
			{30 * s, "tick", "answer-ping"},
			{39 * s, "tick", ""},
			{40 * s, "tick", "answer-ping"},
			{45 * s, "resume", ""},
			{89 * s, "tick", ""},
			{90 * s, "tick", "end silence"},
		},
		"two pauses in one": {
			{20 * s, "poll 4x", "deliver"},
			{20 * s, "pause", ""},
			{21 * s, "pause", ""},
			{30 * s, "tick", "answer-ping"},
			{31 * s, "poll 2", "answer-ping"}, // of a POST that had been read already
			{39 * s, "tick", ""},
			{40 * s, "tick", "answer-ping"},
		},
	} {
		t.Run(name, func(t *testing.T) { run(t, timing, story) })
	}
}
