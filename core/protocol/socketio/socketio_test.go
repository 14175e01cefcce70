package socketio

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse_limits(t *testing.T) {
	longName := "/" + strings.Repeat("n", DefaultNamespace-1)
	for _, c := range []struct {
		name, text string
		lim        Limits
		want       error // nil: accepted
	}{
		{"ten attachments", `510-["x"]`, Limits{}, nil},
		{"eleven attachments", `511-["x"]`, Limits{}, ErrTooManyAttachments},
		{"as many attachments as fit in no integer", `5` + strings.Repeat("9", 10_000) + `-["x"]`, Limits{}, ErrTooManyAttachments},
		{"own limit of attachments", `53-["x"]`, Limits{Attachments: 2}, ErrTooManyAttachments},
		{"longest namespace", `2` + longName + `,["x"]`, Limits{}, nil},
		{"namespace too long", `2` + longName + `n,["x"]`, Limits{}, ErrNamespaceTooLong},
		{"namespace too long at the end", `0` + longName + `n`, Limits{}, ErrNamespaceTooLong},
		{"own limit of namespaces", `0/abc`, Limits{Namespace: 3}, ErrNamespaceTooLong},
		{"largest ack id", `218446744073709551615["x"]`, Limits{}, nil},
		{"reserved", `2["disconnect"]`, Limits{}, ErrReservedEvent},
		{"reserved, every letter escaped", `2["` + escaped("removeListener") + `"]`, Limits{}, ErrReservedEvent},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Parse([]byte(c.text), c.lim); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// escaped writes every character of s as \uXXXX.
func escaped(s string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteString(`\u00`)
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&0x0f])
	}
	return b.String()
}

func TestParse_errors_name_the_limit(t *testing.T) {
	_, err := Parse([]byte(`511-["x"]`), Limits{})
	if err == nil || err.Error() != "socketio: too many attachments: the limit is 10" {
		t.Errorf("got %v", err)
	}
	_, err = Parse([]byte(`0/abc`), Limits{Namespace: 3})
	if err == nil || err.Error() != "socketio: namespace too long: the limit is 3 bytes" {
		t.Errorf("got %v", err)
	}
}

func TestParse_refuses(t *testing.T) {
	for name, text := range map[string]string{
		"namespace that is not UTF-8":     "2/\xff,[\"x\"]",
		"only white space as data":        "0 ",
		"white space after a disconnect":  "1 ",
		"ack id on a disconnect":          "11",
		"ack id on a connect error":       `41"x"`,
		"name that is not closed":         `2["x]`,
		"name that ends with a backslash": `2["x\"]`,
		"lone bracket":                    `2[`,
		"lone brace":                      `0{`,
		"lone quote":                      `4"`,
		"ack id of 21 digits":             `2` + strings.Repeat("0", MaxIDDigits) + `1["x"]`,
		"minus as ack id":                 `2-1["x"]`,
		"binary message's letter":         "bAQI=",
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Parse([]byte(text), Limits{})
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("got %+v, %v", p, err)
			}
			if syntax.Offset < 0 || syntax.Offset > len(text) {
				t.Errorf("offset %d of %d", syntax.Offset, len(text))
			}
		})
	}
}

func TestParse_data_aliases_the_input(t *testing.T) {
	text := []byte(`2/a,["x"]`)
	p, err := Parse(text, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	copy(text, `2/b,["y"]`)
	if string(p.Data) != `["y"]` {
		t.Errorf("data %s was copied", p.Data)
	}
	if p.Namespace != "/a" {
		t.Errorf("namespace %s was not copied", p.Namespace)
	}
}

func TestAppend_leaves_out_the_main_namespace(t *testing.T) {
	for _, namespace := range []string{"", MainNamespace} {
		got := string(Append(nil, Packet{Type: Event, Namespace: namespace, Data: []byte(`["x"]`)}))
		if diff := cmp.Diff(`2["x"]`, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestPacket_WithAttachments(t *testing.T) {
	for _, c := range []struct {
		from Type
		n    int
		want Type
	}{
		{Event, 0, Event},
		{Event, 2, BinaryEvent},
		{BinaryEvent, 0, Event},
		{BinaryEvent, 1, BinaryEvent},
		{Ack, 0, Ack},
		{Ack, 1, BinaryAck},
		{BinaryAck, 0, Ack},
		{BinaryAck, 3, BinaryAck},
	} {
		got := Packet{Type: c.from, Attachments: 9}.WithAttachments(c.n)
		if diff := cmp.Diff(Packet{Type: c.want, Attachments: c.n}, got); diff != "" {
			t.Errorf("%v with %d: %s", c.from, c.n, diff)
		}
	}
}

func TestType_String(t *testing.T) {
	got := []string{Connect.String(), BinaryAck.String(), Type('7').String()}
	if diff := cmp.Diff([]string{"CONNECT", "BINARY_ACK", "'7'"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestValidNamespace(t *testing.T) {
	for name, want := range map[string]bool{
		"/": true, "/chat": true, "/a/b": true, "/abc?token=1": true, "/чат": true, "/with space": true,
		"": false, "chat": false, "/a,b": false, "/\xff": false, "/" + strings.Repeat("n", DefaultNamespace): false,
	} {
		if got := ValidNamespace(name, Limits{}); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestReservedEvent(t *testing.T) {
	for name, want := range map[string]bool{
		"connect": true, "connect_error": true, "disconnect": true, "disconnecting": true,
		"newListener": true, "removeListener": true,
		"connection": false, "Connect": false, "": false, "message": false, "error": false,
	} {
		if got := ReservedEvent(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
