package engine_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"realtime/core/engine"
)

const upgradeQuery = "EIO=4&transport=websocket&sid="

// probed opens a session by polling and a WebSocket whose probe has been answered.
func probed(t *testing.T, b *browser) (sid string, ws *websocket.Conn) {
	t.Helper()
	sid = b.handshake()
	ws, _ = b.dial(upgradeQuery + sid)
	say(t, ws, "2probe")
	expect(t, ws, "3probe")
	return sid, ws
}

func TestUpgrade_carries_on_over_the_websocket(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	sid, ws := probed(t, b)
	b.poll(sid).wants(t, 200, "6")
	b.poll(sid).wants(t, 200, "6") // each one, until the upgrade ends
	say(t, ws, "5")
	say(t, ws, "4hello")
	expect(t, ws, "4hello")
	b.poll(sid).wants(t, 400, `{"code":3,"message":"Bad request"}`)
	b.post(sid, "4x").wants(t, 400, `{"code":3,"message":"Bad request"}`)
}

func TestUpgrade_is_complete_for_a_poll_that_was_sent_after_it(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	for range 50 {
		sid, ws := probed(t, b)
		say(t, ws, "5") // no answer tells when it is read, and none has to
		b.poll(sid).wants(t, 400, `{"code":3,"message":"Bad request"}`)
	}
}

func TestUpgrade_releases_a_poll_that_waits(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	sid := b.handshake()
	poll := later(func() reply { return b.poll(sid) })
	ws, _ := b.dial(upgradeQuery + sid)
	say(t, ws, "2probe")
	expect(t, ws, "3probe")
	(<-poll).wants(t, 200, "6")
}

func TestUpgrade_a_poll_gets_what_is_queued_meanwhile(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	sid, ws := probed(t, b)
	b.post(sid, "4A").wants(t, 200, "ok")
	b.poll(sid).wants(t, 200, "4A")
	b.post(sid, "4B").wants(t, 200, "ok")
	say(t, ws, "5")
	expect(t, ws, "4B") // what no poll fetched is not lost
}

func TestUpgrade_a_poll_still_waiting_at_the_end_gets_a_noop(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	sid := b.handshake()
	ws, _ := b.dial(upgradeQuery + sid)
	poll := later(func() reply { return b.poll(sid) })
	say(t, ws, "5") // a client may skip the probe
	say(t, ws, "4x")
	expect(t, ws, "4x")
	if r := <-poll; r.status == 200 { // or it came too late, and was refused
		r.wants(t, 200, "6")
	}
}

func TestUpgrade_any_other_first_packet_closes_only_the_websocket(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	sid := b.handshake()
	ws, _ := b.dial(upgradeQuery + sid)
	say(t, ws, "4hello")
	expectClose(t, ws, 1005)
	b.post(sid, "4still polling").wants(t, 200, "ok")
	b.poll(sid).wants(t, 200, "4still polling")
	_, again := probed2(t, b, sid) // and it may try again
	say(t, again, "5")
	say(t, again, "4x")
	expect(t, again, "4x")
}

func probed2(t *testing.T, b *browser, sid string) (string, *websocket.Conn) {
	t.Helper()
	ws, _ := b.dial(upgradeQuery + sid)
	say(t, ws, "2probe")
	expect(t, ws, "3probe")
	return sid, ws
}

func TestUpgrade_a_probe_that_dies_leaves_the_poll_alone(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	sid, ws := probed(t, b)
	ws.Close()
	// Polls are released until the loss is noticed; then the next one waits for the message.
	deadline := time.Now().Add(5 * time.Second)
	for {
		poll := later(func() reply { return b.poll(sid) })
		b.post(sid, "4x").wants(t, 200, "ok")
		r := <-poll
		if r.body == "6" && time.Now().Before(deadline) {
			b.poll(sid)
			continue
		}
		r.wants(t, 200, "4x")
		return
	}
}

func TestUpgrade_a_probe_that_takes_too_long_is_closed(t *testing.T) {
	cfg := quiet
	cfg.UpgradeTimeout = 50 * time.Millisecond
	b := newBrowser(t, open(t, cfg, newEcho()))
	sid := b.handshake()
	ws, _ := b.dial(upgradeQuery + sid)
	expectClose(t, ws, 1005)
	b.post(sid, "4x").wants(t, 200, "ok")
	b.poll(sid).wants(t, 200, "4x")
}

func TestUpgrade_a_second_websocket_is_closed_and_the_first_goes_on(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	sid, first := probed(t, b)
	second, _ := b.dial(upgradeQuery + sid)
	expectClose(t, second, 1005)
	say(t, first, "5")
	third, _ := b.dial(upgradeQuery + sid)
	expectClose(t, third, 1005)
	say(t, first, "4x")
	expect(t, first, "4x")
}

func TestUpgrade_a_session_that_ends_takes_its_probe_along(t *testing.T) {
	b := newBrowser(t, open(t, quiet, newEcho()))
	sid, ws := probed(t, b)
	b.post(sid, "1").wants(t, 200, "ok")
	expectClose(t, ws, 1005)
}

func TestClose_during_an_upgrade_completes_on_the_websocket(t *testing.T) {
	sessions := make(chan *engine.Session, 1)
	e := newEcho()
	b := newBrowser(t, open(t, quiet, handlerFunc(func(s *engine.Session) engine.Client {
		sessions <- s
		return e.Open(s)
	})))
	_, ws := probed(t, b)
	(<-sessions).Close(engine.ForcedServerClose)
	if got := <-e.ended; got != "forced server close" {
		t.Errorf("reason %q", got)
	}
	say(t, ws, "5")
	expectClose(t, ws, 1005)
}

func TestUpgrade_disabled_is_not_offered(t *testing.T) {
	cfg := quiet
	cfg.NoUpgrades = true
	b := newBrowser(t, open(t, cfg, newEcho()))
	if r := b.do("GET", polling, ""); !strings.Contains(r.body, `"upgrades":[]`) {
		t.Errorf("handshake %q", r.body)
	}
}

func TestWebSocket_frames_sent_with_the_handshake_are_read(t *testing.T) {
	h := open(t, quiet, newEcho())
	nc, err := net.Dial("tcp", h.url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	// A client may write before it has read the open packet: one frame "4x" behind the request.
	frame := []byte{0x81, 0x82, 0, 0, 0, 0, '4', 'x'}
	_, _ = nc.Write(append([]byte("GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"), frame...))
	_ = nc.SetReadDeadline(time.Now().Add(time.Minute))
	var got []byte
	buf := make([]byte, 4096)
	for !strings.HasSuffix(string(got), "\x81\x024x") {
		n, err := nc.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q", err, got)
		}
		got = append(got, buf[:n]...)
	}
}

func TestShutdown_tells_clients_on_both_transports(t *testing.T) {
	e := newEcho()
	h := open(t, quiet, e)
	b := newBrowser(t, h)
	ws, _ := b.dial("EIO=4&transport=websocket")
	sid := b.handshake()
	poll := later(func() reply { return b.poll(sid) })
	b.post(sid, "4x").wants(t, 200, "ok") // the poll before it has arrived when this is answered, or gets it
	(<-poll).wants(t, 200, "4x")
	poll = later(func() reply { return b.poll(sid) })
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := h.engine.Shutdown(ctx, 10*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	expectClose(t, ws, 1005)
	if r := <-poll; r.status == 200 {
		r.wants(t, 200, "1")
	}
	for range 2 {
		if got := <-e.ended; got != "server shutting down" {
			t.Errorf("reason %q", got)
		}
	}
}
