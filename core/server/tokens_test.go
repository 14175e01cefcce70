package server

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const sharedSecret = "a secret, with a comma and 32 bytes at least"

func connectToken(t *testing.T, method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t.Helper()
	claims["exp"] = time.Now().Add(time.Minute).Unix()
	text, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// enter opens a session, asks for the main namespace with this token, and returns the answer.
func (r *running) enter(token string) string {
	r.t.Helper()
	c := r.dial()
	c.expect(`0{"sid"`)
	c.send(`40{"token":"` + token + `"}`)
	_, answer, err := c.ws.ReadMessage()
	if err != nil {
		r.t.Fatal(err)
	}
	return string(answer)
}

func TestTokens_by_a_shared_secret(t *testing.T) {
	s, err := Load(Sources{File: noFile, Environ: []string{"REALTIME_TOKEN_KEYS=" + sharedSecret, "REALTIME_CONNECT=token"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range s.Describe() {
		if strings.Contains(line.Value, "comma") || line.Key == "token_keys" && line.Value != secretText {
			t.Errorf("%s: %s", line.Key, line.Value)
		}
	}
	r := start(t, func(o *Options) { o.Connect, o.TokenKeys = s.Options().Connect, s.Options().TokenKeys })
	good := connectToken(t, jwt.SigningMethodHS256, []byte(sharedSecret), jwt.MapClaims{"aud": "realtime.connect", "sub": "User:7"})
	if got := r.enter(good); !strings.HasPrefix(got, `40{"sid"`) {
		t.Errorf("got %s", got)
	}
	// Without a worker a foreign signature is no refusal yet, but a missing token is.
	if got := r.enter(""); got != `44{"message":"token required","data":{"code":"token_required"}}` {
		t.Errorf("got %s", got)
	}
	if log := r.log.text(); strings.Contains(log, good) || strings.Contains(log, sharedSecret) {
		t.Errorf("the log shows a secret: %s", log)
	}
}

func TestTokens_of_a_third_party_by_a_key_in_a_file(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, func(o *Options) {
		o.Connect, o.TokenKeys, o.TokenAlgorithm, o.TokenAudience = "token", []string{"file:" + path}, "EdDSA", "shop"
	})
	if got := r.enter(connectToken(t, jwt.SigningMethodEdDSA, private, jwt.MapClaims{"aud": "shop", "sub": "7"})); !strings.HasPrefix(got, `40{"sid"`) {
		t.Errorf("got %s", got)
	}
	if got := r.enter(connectToken(t, jwt.SigningMethodEdDSA, private, jwt.MapClaims{"aud": "bank"})); !strings.HasPrefix(got, `44{"message":"token invalid"`) {
		t.Errorf("got %s", got)
	}
}

func TestTokens_that_cannot_be_are_told_before_anything_starts(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none")
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ key, algorithm, want string }{
		{"short", "HS256", "at least 32 bytes"},
		{"file:" + missing, "HS256", missing + ": no such file"},
		{"file:" + t.TempDir(), "HS256", "is no file"},
		{"file:" + empty, "HS256", "is empty"},
		{sharedSecret, "RS256", "token_algorithm: HS256"},
	} {
		o := Defaults()
		o.TokenKeys, o.TokenAlgorithm = []string{c.key}, c.algorithm
		if _, err := New(o, nil); err == nil || !strings.Contains(err.Error(), "token_keys: key 1: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.key, err, c.want)
		}
	}
	for _, c := range []struct{ variable, want string }{
		{"REALTIME_TOKEN_AUDIENCE=shop", "token_audience: is about tokens by token_keys"},
		{"REALTIME_TOKEN_ISSUER=shop", "token_issuer: is about tokens by token_keys"},
		{"REALTIME_TOKEN_ALGORITHM=none", "is none of HS256"},
		{"REALTIME_CONNECT=tokens", "is none of app, ask, token, open"},
	} {
		if _, err := Load(Sources{File: noFile, Environ: []string{c.variable}}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.variable, err)
		}
	}
}

func TestCompanion_is_served_beside_the_client(t *testing.T) {
	r := start(t, func(o *Options) { o.Path = "/live/" })
	url := r.base + "/live/realtime.js"
	plain := get(t, url)
	tag := plain.header.Get("ETag")
	if plain.status != http.StatusOK || !strings.Contains(plain.body, `var PATH = "/live/"`) || tag == "" ||
		plain.header.Get("Content-Type") != "application/javascript; charset=utf-8" {
		t.Errorf("got %d %v %.80s", plain.status, plain.header, plain.body)
	}
	if packed := get(t, url, "Accept-Encoding", "gzip"); packed.header.Get("Content-Encoding") != "gzip" || len(packed.body) >= len(plain.body) {
		t.Errorf("got %v, %d bytes", packed.header, len(packed.body))
	}
	if again := get(t, url, "If-None-Match", tag); again.status != http.StatusNotModified {
		t.Errorf("got %d", again.status)
	}
	if elsewhere := get(t, r.base+"/socket.io/realtime.js"); elsewhere.status != http.StatusNotFound {
		t.Errorf("got %d", elsewhere.status)
	}
	off := start(t, func(o *Options) { o.ServeClient = false })
	if got := get(t, off.base+"/socket.io/realtime.js"); got.status == http.StatusOK {
		t.Errorf("got %d", got.status)
	}
}
