package rpc

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type m = map[string]any

// decode hides which function reads a method.
var decode = map[string]func([]byte) (any, error){
	"hello":       func(b []byte) (any, error) { return DecodeHello(b) },
	"emit":        func(b []byte) (any, error) { return DecodeEmit(b) },
	"batch":       func(b []byte) (any, error) { return DecodeBatch(b) },
	"call":        func(b []byte) (any, error) { return DecodeCall(b) },
	"join":        func(b []byte) (any, error) { return DecodeRoomChange(b) },
	"disconnect":  func(b []byte) (any, error) { return DecodeDisconnect(b) },
	"sockets":     func(b []byte) (any, error) { return DecodeSockets(b) },
	"count":       func(b []byte) (any, error) { return DecodeSelect(b) },
	"set":         func(b []byte) (any, error) { return DecodeSet(b) },
	"ack":         func(b []byte) (any, error) { return DecodeAck(b) },
	"server_emit": func(b []byte) (any, error) { return DecodeServerEvent(b) },
	"window":      func(b []byte) (any, error) { return DecodeWindow(b) },
	"grant":       func(b []byte) (any, error) { return DecodeGrant(b) },
	"error":       func(b []byte) (any, error) { return DecodeError(b) },
}

func TestDecode(t *testing.T) {
	nobody, ann, key := "", "42", bytes.Repeat([]byte{7}, minKey)
	root := Select{Namespace: "/"}
	for _, c := range []struct {
		name, method string
		params       m
		want         any
	}{
		{"hello", "hello", m{
			"protocol": []int{1, 3}, "features": []string{"x"}, "role": "handler", "app": "shop", "language": "ruby",
			"version": "1", "pid": 9, "generation": "g", "namespaces": []string{"/a", "/b-*"},
			"expressions": []string{"/c-[0-9]+"}, "hooks": []string{"connect", "future"}, "window": 4, "redeliver": 2, "token": "t", "keys": [][]byte{key},
		}, Hello{
			Lowest: 1, Highest: 3, Features: []string{"x"}, Role: RoleHandler, App: "shop", Language: "ruby",
			Version: "1", PID: 9, Generation: "g", Namespaces: []string{"/a", "/b-*"},
			Expressions: []string{"/c-[0-9]+"}, ConnectHook: true, Window: 4, Redeliver: 2, Token: "t", Keys: [][]byte{key},
		}},
		{"emit, absent keys", "emit", m{"event": "e"}, Emit{Select: root, Event: "e", Args: []byte{0x90}}},
		{
			"emit, nil is absent", "emit",
			m{"event": "e", "to": nil, "args": nil, "volatile": nil},
			Emit{Select: root, Event: "e", Args: []byte{0x90}},
		},
		{"emit, every key", "emit", m{
			"namespace": "/n", "to": []string{}, "users": []any{"u", 7, -7}, "except": []string{"x"},
			"except_users": []string{"y"}, "event": "e", "args": []int8{1}, "volatile": true, "local": true, "id": "i",
			"compress": false, "trace": "t", "history": m{},
		}, Emit{
			Select: Select{
				Namespace: "/n", To: []string{}, Users: []string{"u", "7", "-7"},
				Except: []string{"x"}, ExceptUsers: []string{"y"},
			},
			Event: "e", Args: []byte{0x91, 1}, Volatile: true, Local: true, Uncompressed: true, ID: "i",
		}},
		{"a name that is a number", "emit", m{"event": 12}, Emit{Select: root, Event: "12", Args: []byte{0x90}}},
		{"batch", "batch", m{"id": "b", "emits": []m{{"event": "e"}, {"event": "f", "id": "2"}}}, Batch{
			ID: "b", Emits: []Emit{
				{Select: root, Event: "e", Args: []byte{0x90}}, {Select: root, Event: "f", Args: []byte{0x90}, ID: "2"},
			},
		}},
		{
			"call, a float for a number", "call",
			m{"event": "e", "timeout": 1499.6},
			Call{Emit: Emit{Select: root, Event: "e", Args: []byte{0x90}}, Timeout: 1500},
		},
		{
			"join", "join",
			m{"users": []string{"u"}, "rooms": []string{"r"}},
			RoomChange{Select{Namespace: "/", Users: []string{"u"}}, []string{"r"}},
		},
		{"disconnect all", "disconnect", m{"all": true, "close": true}, Disconnect{Select{Namespace: "/", All: true}, true, false}},
		{
			"disconnect logins: their clients come back", "disconnect",
			m{"logins": []any{"l", 7}, "close": true},
			Disconnect{Select{Namespace: "/", Logins: []string{"l", "7"}}, true, true},
		},
		{
			"disconnect logins, and they stay away", "disconnect",
			m{"logins": []string{"l"}, "close": true, "reconnect": false},
			Disconnect{Select{Namespace: "/", Logins: []string{"l"}}, true, false},
		},
		{
			"disconnect users who may come back", "disconnect",
			m{"users": []string{"u"}, "close": true, "reconnect": true},
			Disconnect{Select{Namespace: "/", Users: []string{"u"}}, true, true},
		},
		{"sockets", "sockets", m{"limit": 5, "after": "a"}, Sockets{root, 5, "a"}},
		{"count", "count", m{"namespace": "/n"}, Select{Namespace: "/n"}},
		{"set, nil takes away", "set", m{"socket": "s", "data": nil, "user": nil}, Set{"s", []byte{0xc0}, &nobody}},
		{"set, absent leaves", "set", m{"socket": "s"}, Set{"s", nil, nil}},
		{"ack", "ack", m{"id": "i"}, Ack{"i", []byte{0x90}}},
		{"server_emit", "server_emit", m{"event": "e"}, ServerEvent{"/", "e", []byte{0x90}}},
		{"window 0 pauses", "window", m{"size": 0}, 0},
		{"grant", "grant", m{"rooms": []string{"r"}, "user": 42, "data": true, "login": "l", "expires": 1795255200123.0}, Grant{[]string{"r"}, &ann, []byte{0xc3}, "l", 1795255200123}},
		{"an empty grant", "grant", m{}, Grant{}},
		{"a grant that says no login", "grant", m{"login": nil, "expires": nil}, Grant{}},
		{"error", "error", m{"code": "refused", "message": "no", "data": 1}, &Error{CodeRefused, "no", []byte{1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decode[c.method](pack(t, c.params))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecode_refuses(t *testing.T) {
	long := strings.Repeat("x", MaxID+1)
	handler := func(k string, v any) m { return m{"protocol": []int{1, 1}, "role": "handler", k: v} }
	for _, c := range []struct {
		method string
		params m
		key    string
	}{
		{"hello", m{"role": "handler"}, "protocol"},
		{"hello", m{"protocol": []int{2, 1}, "role": "handler"}, "protocol"},
		{"hello", m{"protocol": 1, "role": "handler"}, "protocol"},
		{"hello", m{"protocol": []int{1, 1}, "role": "boss"}, "role"},
		{"hello", handler("namespaces", []string{"chat"}), "namespaces"},
		{"hello", handler("namespaces", make([]string, maxNamespaces+1)), "namespaces"},
		{"hello", handler("expressions", []string{""}), "expressions"},
		{"hello", handler("expressions", []string{strings.Repeat("x", maxHelloText+1)}), "expressions"},
		{"hello", handler("expressions", make([]string, maxExpressions+1)), "expressions"},
		{"hello", handler("app", strings.Repeat("x", maxHelloText+1)), "app"},
		{"hello", handler("window", -1), "window"},
		{"hello", handler("keys", [][]byte{make([]byte, minKey-1)}), "keys"},
		{"hello", handler("keys", [][]byte{make([]byte, maxKey+1)}), "keys"},
		{"hello", handler("keys", []string{strings.Repeat("x", minKey)}), "keys"},
		{"hello", handler("keys", make([][]byte, maxHelloKeys+1)), "keys"},
		{"grant", m{"login": strings.Repeat("x", MaxLogin+1)}, "login"},
		{"grant", m{"login": []string{}}, "login"},
		{"grant", m{"expires": 0}, "expires"},
		{"disconnect", m{"logins": []string{"l"}, "all": true}, "all"},
		{"disconnect", m{"logins": []string{"l"}, "reconnect": true}, "reconnect"},
		{"emit", m{}, "event"},
		{"emit", m{"event": true}, "event"},
		{"emit", m{"event": 1.5}, "event"},
		{"emit", m{"event": "e", "args": m{}}, "args"},
		{"emit", m{"event": "e", "to": "room"}, "to"},
		{"emit", m{"event": "e", "to": []int{1}}, "to"},
		{"emit", m{"event": "e", "to": make([]string, maxList+1)}, "to"},
		{"emit", m{"event": "e", "users": []float64{1.5}}, "users"},
		{"emit", m{"event": "e", "id": long}, "id"},
		{"emit", m{"event": "e", "volatile": 1}, "volatile"},
		{"batch", m{}, "emits"},
		{"batch", m{"emits": []int{1}}, "emits"},
		{"batch", m{"emits": []m{{"event": "e"}, {}}}, "event"},
		{"batch", m{"emits": make([]m, MaxBatch+1)}, "emits"},
		{"call", m{"event": "e"}, "timeout"},
		{"call", m{"event": "e", "timeout": "5s"}, "timeout"},
		{"join", m{"to": []string{"a"}}, "rooms"},
		{"join", m{"rooms": []string{"a"}}, "to"},
		{"disconnect", m{}, "to"},
		{"disconnect", m{"all": true, "to": []string{}}, "all"},
		{"set", m{}, "socket"},
		{"ack", m{"args": []int{}}, "id"},
		{"server_emit", m{}, "event"},
		{"window", m{}, "size"},
		{"grant", m{"rooms": "a"}, "rooms"},
		{"grant", m{"user": []int{}}, "user"},
	} {
		_, err := decode[c.method](pack(t, c.params))
		var param *ParamError
		if !errors.As(err, &param) || param.Key != c.key {
			t.Errorf("%s %.80v: got %v, want an error about %s", c.method, c.params, err, c.key)
		}
	}
}

func TestHello_picks_the_highest_common_version(t *testing.T) {
	for _, c := range []struct {
		lowest, highest int
		ok              bool
	}{{1, 1, true}, {1, 9, true}, {2, 9, false}} {
		if v, ok := (Hello{Lowest: c.lowest, Highest: c.highest}).Speaks(); ok != c.ok || ok && v != 1 {
			t.Errorf("%d to %d: got %d, %v", c.lowest, c.highest, v, ok)
		}
	}
}

func TestDecodeOutcome(t *testing.T) {
	for _, c := range []struct {
		result any
		want   Outcome
		bad    bool
	}{
		{nil, NoAck, false},
		{[]int{}, AckNow, false},
		{m{"defer": true}, AckLater, false},
		{m{"defer": false}, NoAck, true},
		{"text", NoAck, true},
	} {
		got, _, err := DecodeOutcome(pack(t, c.result))
		if got != c.want || (err != nil) != c.bad {
			t.Errorf("%v: got %v, %v", c.result, got, err)
		}
	}
}

func TestErrorAck_is_only_ever_a_list(t *testing.T) {
	for _, data := range []any{nil, 1, m{}, m{"ack": nil}, m{"ack": m{}}, []int{1}} {
		if got := (&Error{Data: pack(t, data)}).ErrorAck(); got != nil {
			t.Errorf("%v: got %x", data, got)
		}
	}
	if got := (&Error{Data: pack(t, m{"ack": []bool{true}})}).ErrorAck(); string(got) != "\x91\xc3" {
		t.Errorf("got %x", got)
	}
}
