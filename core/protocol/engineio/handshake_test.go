package engineio

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// readHandshake is the client's side: JSON behind the digit.
func readHandshake(t *testing.T, wire []byte) (h map[string]any) {
	t.Helper()
	p, err := ParsePacket(wire, false)
	if err != nil || p.Type != Open {
		t.Fatalf("not an open packet: %q, %v", wire, err)
	}
	if err := json.Unmarshal(p.Data, &h); err != nil {
		t.Fatalf("%q: %v", p.Data, err)
	}
	return h
}

func TestAppendHandshake_is_JSON_of_exactly_five_keys(t *testing.T) {
	got := readHandshake(t, AppendHandshake(nil, Handshake{
		SID: "lv_VI97HAXpY6yYWAAAC", Upgrades: []string{"websocket", "webtransport"},
		PingInterval: 300 * time.Millisecond, PingTimeout: 20 * time.Second, MaxPayload: 1e6,
	}))
	want := map[string]any{
		"sid": "lv_VI97HAXpY6yYWAAAC", "upgrades": []any{"websocket", "webtransport"},
		"pingInterval": 300.0, "pingTimeout": 20000.0, "maxPayload": 1e6,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAppendHandshake_without_upgrades_has_an_empty_list(t *testing.T) {
	got := readHandshake(t, AppendHandshake(nil, Handshake{SID: "x"}))
	if diff := cmp.Diff([]any{}, got["upgrades"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
