package payload

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// vector is one entry of conformance/vectors/payload.json: wire_hex is MessagePack; value is the
// JSON text and its attachments, in hex. dir says which way it holds: decode is MessagePack to
// JSON, encode is JSON to MessagePack.
type vector struct {
	Name  string `json:"name"`
	Wire  string `json:"wire_hex"`
	Value struct {
		JSON        string   `json:"json"`
		Attachments []string `json:"attachments"`
	} `json:"value"`
	Error string `json:"error"`
	Dir   string `json:"dir"`
}

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("../../../conformance/vectors/payload.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(text, &vs); err != nil {
		t.Fatal(err)
	}
	return vs
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (v vector) attachments(t testing.TB) [][]byte {
	t.Helper()
	var atts [][]byte
	for _, a := range v.Value.Attachments {
		atts = append(atts, unhex(t, a))
	}
	return atts
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			switch v.Dir {
			case "both":
				checkDecode(t, v)
				checkEncode(t, v)
			case "decode":
				checkDecode(t, v)
			case "encode":
				checkEncode(t, v)
			default:
				t.Fatalf("unknown dir %q", v.Dir)
			}
		})
	}
}

// checkDecode goes from MessagePack to JSON. Of an error, Validate or AppendJSON may be the one to
// find it; if Validate does, AppendJSON must too.
func checkDecode(t *testing.T, v vector) {
	t.Helper()
	wire := unhex(t, v.Wire)
	n, validErr := Validate(wire, Limits{})
	text, atts, err := AppendJSON([]byte("before"), wire, nil)
	if v.Error != "" {
		checkError(t, err, v.Error)
		if string(text) != "before" || atts != nil {
			t.Errorf("after an error: %q, %d attachments", text, len(atts))
		}
		return
	}
	if validErr != nil || n != len(wire) {
		t.Errorf("Validate: %d of %d bytes, %v", n, len(wire), validErr)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("before"+v.Value.JSON, string(text)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(v.attachments(t), atts); diff != "" {
		t.Error(diff)
	}
}

// checkEncode goes from JSON to MessagePack.
func checkEncode(t *testing.T, v vector) {
	t.Helper()
	got, err := AppendMessagePack([]byte("before"), []byte(v.Value.JSON), v.attachments(t), Limits{})
	if v.Error != "" {
		checkError(t, err, v.Error)
		if string(got) != "before" {
			t.Errorf("after an error: %q", got)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(hex.EncodeToString([]byte("before"))+v.Wire, hex.EncodeToString(got)); diff != "" {
		t.Error(diff)
	}
}

// checkError checks that err is of the kind a vector names.
func checkError(t *testing.T, err error, kind string) {
	t.Helper()
	var syntax *SyntaxError
	isSyntax := errors.As(err, &syntax)
	ok := false
	switch kind {
	case "syntax":
		ok = isSyntax
	case "extension":
		ok = isSyntax && (syntax.What == whatExtension || syntax.What == whatTimestamp)
	case "map key":
		ok = isSyntax && syntax.What == whatMapKey
	case "attachments":
		ok = errors.Is(err, ErrTooManyAttachments)
	case "depth":
		ok = errors.Is(err, ErrTooDeep)
	case "placeholder":
		ok = errors.Is(err, ErrPlaceholder) || isSyntax && syntax.What == whatPlaceholder
	}
	if !ok {
		t.Errorf("got error %v, want one of kind %q", err, kind)
	}
}
