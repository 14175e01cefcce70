package token

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

type m = map[string]any

// now is when the tests take place.
var now = time.Unix(1_795_255_200, 0)

var (
	secret = bytes.Repeat([]byte{1}, 32)
	older  = bytes.Repeat([]byte{2}, 32)
	wrong  = bytes.Repeat([]byte{3}, 32)
)

// in returns seconds since 1970.
func in(d time.Duration) int64 { return now.Add(d).Unix() }

// made signs claims with any method and key.
func made(t testing.TB, method jwt.SigningMethod, key any, claims m) string {
	t.Helper()
	text, err := jwt.NewWithClaims(method, jwt.MapClaims(claims)).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// own signs claims as the app does.
func own(t testing.TB, key []byte, claims m) string {
	t.Helper()
	return made(t, jwt.SigningMethodHS256, key, claims)
}

// connecting are the claims of a good connect token with some changed; nil takes one away.
func connecting(change m) m { return changed(m{"aud": ForConnect, "exp": in(time.Minute)}, change) }

func following(change m) m {
	return changed(m{"aud": ForRooms, "exp": in(time.Minute), "rooms": []string{"order:7"}}, change)
}

func changed(claims, change m) m {
	for k, v := range change {
		if v == nil {
			delete(claims, k)
			continue
		}
		claims[k] = v
	}
	return claims
}

// written is a token of parts that no library would make.
func written(header, payload string, signature []byte) string {
	e := base64.RawURLEncoding
	return e.EncodeToString([]byte(header)) + "." + e.EncodeToString([]byte(payload)) + "." + e.EncodeToString(signature)
}

// signedText is a token of the app whose header and payload are these very texts.
func signedText(t testing.TB, header, payload string) string {
	t.Helper()
	unsigned := written(header, payload, nil)
	unsigned = unsigned[:len(unsigned)-1]
	signature, err := jwt.SigningMethodHS256.Sign(unsigned, secret)
	if err != nil {
		t.Fatal(err)
	}
	return unsigned + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func text(t testing.TB, claims m) string {
	t.Helper()
	b, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func verifier(t testing.TB, cfg Config) *Verifier {
	t.Helper()
	v, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// code is what a client would hear, or "in".
func code(err *Error) string {
	if err == nil {
		return "in"
	}
	return fmt.Sprint(err.Code)
}
