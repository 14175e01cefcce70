package rpc

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeAuth(t *testing.T) {
	for _, c := range []struct {
		name string
		auth any
		want Auth
	}{
		{"of 3.x and 4.x", m{"token": "t", "room_tokens": []string{"a", "b"}, "x": m{"y": 1}}, Auth{"t", []string{"a", "b"}, false}},
		{"of a query", m{"token": "t", "room_tokens": "a,b"}, Auth{"t", []string{"a", "b"}, false}},
		{"of a query with one", m{"room_tokens": "a"}, Auth{"", []string{"a"}, false}},
		{"of a query that says none", m{"token": "", "room_tokens": ","}, Auth{"", []string{}, false}},
		{"another shape of token is the app's business", m{"token": 7}, Auth{}},
		{"room tokens that are none", m{"room_tokens": 7}, Auth{Broken: true}},
		{"room tokens with one that is none", m{"room_tokens": []any{"a", 7}}, Auth{Broken: true}},
		{"a text", "t", Auth{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, DecodeAuth(pack(t, c.auth))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if diff := cmp.Diff(Auth{}, DecodeAuth(nil)); diff != "" {
		t.Errorf("none (-want +got):\n%s", diff)
	}
}
