package rpc

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/vmihailenco/msgpack/v5"
)

func pack(t testing.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := msgpack.NewEncoder(&b)
	e.UseCompactInts(true)
	e.SetSortMapKeys(true)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// orderedMap packs names and values as a map in their order.
func orderedMap(t testing.TB, pairs ...any) []byte {
	t.Helper()
	packed := appendMapLen(nil, len(pairs)/2)
	for _, v := range pairs {
		packed = append(packed, pack(t, v)...)
	}
	return packed
}

// Every frame that the sidecar sends is in the vectors, made here from its Go value.
func TestAppend_makes_the_vectors(t *testing.T) {
	const (
		socket = "Zk3v9QpL0aBcDeFgHiJk"
		gone   = "-wY7_mNoPqRsTuVwXyZ0"
		boot   = "m1x0q8s2kd"
	)
	ann := pack(t, map[string]string{"name": "ann"})
	want := map[string]string{}
	for _, v := range readVectors(t) {
		want[v.Name] = v.Wire
	}
	for name, got := range map[string][]byte{
		"hello result": AppendResult(nil, 1, &HelloResult{
			Protocol: 1, Node: "web-1", Boot: boot, Server: "realtime 0.1.0",
			MaxFrame: MaxFrame, Window: 1024, Heartbeat: 25000,
		}),
		"hello result with limits": AppendResult(nil, 1, &HelloResult{
			Protocol: 1, Node: "web-1", Boot: boot, Server: "realtime 0.1.0",
			MaxFrame: MaxFrame, Window: 1024, Heartbeat: 25000,
			Limits: Limits{Payload: 1_000_000, Attachments: 10, Rooms: 1024, Name: 256},
		}),
		"hello refused: no common version": AppendError(nil, 1, VersionError()),
		"emit accepted":                    AppendResult(nil, 2, EmitResult{"9b1d6f2e-4711-1"}),
		"emit refused: reserved event name": AppendError(nil, 2, &Error{
			Code: CodeReservedEvent, Message: `the event name "connect" is reserved`,
		}),
		"a refused emit comes back as rejected": AppendNotification(nil, MethodRejected, &Rejected{
			ID: "9b1d6f2e-4711-2", Code: CodeTooManyAttachments, Message: "11 attachments, the limit is 10",
		}),
		"call answered: one ack, one socket gone": AppendResult(nil, 3, &CallResult{
			Acks:     []SocketAck{{socket, pack(t, []any{"yes", map[string]int8{"at": 3}})}},
			Expected: 2, Gone: []string{gone},
		}),
		"join answered": AppendResult(nil, 4, Count(2)),
		"sockets answered": AppendResult(nil, 7, &SocketsResult{
			Sockets: []SocketInfo{{
				ID: socket, Namespace: "/chat", Rooms: []string{"room:1"}, User: "42", Data: ann, Address: "203.0.113.9",
				Secure: true, Transport: "websocket", Dialect: "EIO4", ConnectedAt: 1795255200123,
			}},
			Next: socket,
		}),
		"connect: the question": AppendRequest(nil, 1, MethodConnect, &Connect{
			Socket: socket, Namespace: "/chat", Auth: pack(t, map[string]string{"token": "abc"}),
			Handshake: Handshake{
				Headers: []Pair{
					{"host", "shop.example"},
					{"cookie", "a=1; b=2"},
					{"x-forwarded-for", "203.0.113.9, 10.0.0.1"},
				},
				Query: []Pair{{"EIO", "4"}, {"transport", "websocket"}}, Address: "203.0.113.9",
				URL: "/socket.io/?EIO=4&transport=websocket", Secure: true, Time: 1795255200123,
				Client: Client{"EIO4", "websocket"},
			},
		}),
		"event that wants an ack": AppendRequest(nil, 2, MethodEvent, &Event{
			ID: boot + "-1f", Socket: socket, Namespace: "/chat", Event: "say",
			Args: pack(t, []any{"hi", map[string]int8{"n": -1}, []byte{0, 255, 16}}),
			Ack:  true, User: "42", Data: ann, Attempt: 1, Client: Client{"EIO4", "websocket"},
		}),
		"disconnect: a socket is gone": AppendRequest(nil, 3, MethodDisconnect, &Disconnected{
			ID: boot + "-20", Socket: socket, Namespace: "/chat", Reason: "transport close", User: "42",
			Data: ann, Rooms: []string{"room:1", "vip"}, Client: Client{"EIO4", "websocket"},
		}),
		"connect: the question, with the claims of a token": AppendRequest(nil, 1, MethodConnect, &Connect{
			Socket: socket, Namespace: "/chat", Auth: pack(t, map[string]string{"token": "e30.e30.AA"}),
			Claims: orderedMap(t, "aud", "realtime.connect", "ns", "/chat", "sub", "User:7", "exp", 1795255800),
			Handshake: Handshake{
				Headers: []Pair{{"host", "shop.example"}},
				Query:   []Pair{{"EIO", "4"}, {"transport", "websocket"}}, Address: "203.0.113.9",
				URL: "/socket.io/?EIO=4&transport=websocket", Secure: true, Time: 1795255200123,
				Client: Client{"EIO4", "websocket"},
			},
		}),
		"event of a socket with a login": AppendRequest(nil, 2, MethodEvent, &Event{
			ID: boot + "-21", Socket: socket, Namespace: "/chat", Event: "say", Args: pack(t, []any{"hi"}),
			User: "User:7", Login: "5f0c9a", Attempt: 1, Client: Client{"V09", "htmlfile"},
		}),
		"disconnect: a socket with a login is gone": AppendRequest(nil, 3, MethodDisconnect, &Disconnected{
			ID: boot + "-22", Socket: socket, Namespace: "/chat", Reason: "forced server close", User: "User:7",
			Login: "5f0c9a", Client: Client{"EIO4", "websocket"},
		}),
		"server_event": AppendRequest(nil, 4, MethodServerEvent, &ServerEvent{
			Namespace: "/", Event: "cache.clear", Args: pack(t, []any{"products"}),
		}),
		"ping": AppendRequest(nil, 1<<32-1, MethodPing, Empty{}),
		"pong": AppendResult(nil, 1<<32-1, Empty{}),
		"bye":  AppendNotification(nil, MethodBye, Reason("shutdown")),
		"drain from the sidecar is a notification": AppendNotification(nil, MethodDrain, Reason("the sidecar is stopping")),
	} {
		if hex.EncodeToString(got) != want[name] {
			t.Errorf("%s: got\n%x, want\n%s", name, got, want[name])
		}
	}
}

func TestResults_that_do_not_fit_are_cut_and_say_so(t *testing.T) {
	const room = 2048
	sockets := SocketsResult{Next: "last", Room: room}
	rooms := RoomsResult{Room: room}
	call := CallResult{Room: room}
	for i := range 500 {
		name := hex.EncodeToString([]byte{byte(i >> 8), byte(i)})
		sockets.Sockets = append(sockets.Sockets, SocketInfo{ID: name})
		rooms.Rooms = append(rooms.Rooms, RoomSize{name, i})
		call.Acks = append(call.Acks, SocketAck{name, noArgs})
		call.Gone = append(call.Gone, name)
	}
	for name, result := range map[string]Appender{"sockets": &sockets, "rooms": &rooms, "acks": &call} {
		b := result.Append(nil)
		v := decoded(t, b).(map[string]any)
		if len(b) > room || v["truncated"] != true {
			t.Errorf("%s: %d bytes of %d, truncated %v", name, len(b), room, v["truncated"])
		}
		if list, ok := v["sockets"].([]any); ok {
			if last := list[len(list)-1].(map[string]any)["id"]; v["next"] != last {
				t.Errorf("next is %v, want the last socket of the page, %v", v["next"], last)
			}
		}
	}
}

func BenchmarkParse_and_decode_emit(b *testing.B) {
	emit := Frame{Kind: Notification, Method: MethodEmit, Params: pack(b, map[string]any{
		"to": []string{"room:1"}, "event": "message", "args": []any{map[string]string{"body": "hello, world"}},
	})}.Append(nil)[HeaderSize:]
	b.ReportAllocs()
	for b.Loop() {
		f, err := Parse(emit)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := DecodeEmit(f.Params); err != nil {
			b.Fatal(err)
		}
	}
}
