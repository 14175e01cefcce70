package rpc

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"
)

const vectorFile = "../../../conformance/vectors/rpc.json"

type vector struct {
	Name  string         `json:"name"`
	Dir   string         `json:"dir"`
	Wire  string         `json:"wire_hex"`
	Value map[string]any `json:"value"`
	Error Fault          `json:"error"`

	Canonical *bool `json:"canonical"`
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var vectors []vector
	if err := d.Decode(&vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

// parseStream is what a reader does with the first frame of a stream.
func parseStream(wire []byte) (Frame, error) {
	n, err := Length([HeaderSize]byte(wire), MaxFrame)
	if err != nil {
		return Frame{}, err
	}
	return Parse(wire[HeaderSize : HeaderSize+n])
}

func TestVectors(t *testing.T) {
	for _, v := range readVectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			wire, err := hex.DecodeString(v.Wire)
			if err != nil {
				t.Fatal(err)
			}
			f, err := parseStream(wire)
			if v.Error != "" {
				var frame *FrameError
				if !errors.As(err, &frame) || frame.Fault != v.Error {
					t.Fatalf("got %v, want fault %s", err, v.Error)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			// Not cmp.Diff, whose time doubles with each level.
			if want, got := normal(v.Value), frameValue(t, f); !reflect.DeepEqual(got, want) {
				t.Fatalf("got\n%v, want\n%v", got, want)
			}
			canonical := v.Canonical == nil || *v.Canonical
			if again := f.Append(nil); canonical && !bytes.Equal(again, wire) {
				t.Fatalf("appended\n%x, want\n%x", again, wire)
			}
		})
	}
}

// frameValue is f in the form of the vector file.
func frameValue(t *testing.T, f Frame) any {
	v := map[string]any{"kind": f.Kind.String()}
	if f.Kind != Notification {
		v["id"] = fmt.Sprint(f.ID)
	}
	if f.Kind == Response {
		v["error"], v["result"] = decoded(t, f.Error), decoded(t, f.Result)
		return v
	}
	v["method"], v["params"] = f.Method, decoded(t, f.Params)
	return v
}

// decoded reads one value with a decoder that is not ours.
func decoded(t *testing.T, b []byte) any {
	t.Helper()
	if b == nil {
		return nil
	}
	var v any
	if err := msgpack.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return normal(v)
}

// normal makes what two decoders read comparable: numbers as text, binary and times as in the file.
func normal(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = normal(e)
		}
		if iso, ok := out["$time"].(string); ok {
			at, err := time.Parse(time.RFC3339Nano, iso)
			if err != nil {
				panic(err)
			}
			return at.UTC()
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = normal(e)
		}
		return out
	case []byte:
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return map[string]any{"$bin": string(text[1 : len(text)-1])}
	case time.Time:
		return v.UTC()
	case json.Number:
		return number(string(v))
	case nil, bool, string:
		return v
	default:
		return number(fmt.Sprint(v))
	}
}

func number(text string) string {
	f, _, err := big.ParseFloat(text, 10, 64, big.ToNearestEven)
	if err != nil {
		panic(err)
	}
	if f.IsInt() {
		return f.Text('f', 0)
	}
	short, _ := f.Float64()
	return fmt.Sprint(short)
}

func hexBody(wire string) ([]byte, error) {
	b, err := hex.DecodeString(wire)
	if err != nil {
		return nil, err
	}
	return b[HeaderSize:], nil
}
