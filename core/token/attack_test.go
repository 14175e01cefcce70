package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

func publicPEM(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func rsaKey(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestAttack_no_algorithm(t *testing.T) {
	payload := text(t, connecting(m{"sub": "admin"}))
	real := own(t, secret, connecting(nil))
	parts := strings.Split(real, ".")
	for name, token := range map[string]string{
		"none":                        written(`{"alg":"none"}`, payload, nil),
		"None":                        written(`{"alg":"None","typ":"JWT"}`, payload, nil),
		"none, with a signature":      written(`{"alg":"none"}`, payload, []byte("x")),
		"made by a library":           made(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, connecting(nil)),
		"an empty name":               written(`{"alg":""}`, payload, nil),
		"no name":                     written(`{}`, payload, nil),
		"a name that is no text":      written(`{"alg":["HS256"]}`, payload, nil),
		"no signature":                parts[0] + "." + parts[1] + ".",
		"no third part":               parts[0] + "." + parts[1],
		"a fourth part":               real + ".x",
		"another payload":             parts[0] + "." + strings.Split(own(t, wrong, connecting(m{"sub": "x"})), ".")[1] + "." + parts[2],
		"half a signature":            real[:len(real)-20],
		"a signature with a line end": real + "\n",
		"padded":                      real + "=",
		"loose bits in the last sign": loosened(real),
		"empty":                       "",
		"dots":                        "..",
		"too long":                    strings.Repeat("x", MaxSize+1),
	} {
		if _, err := AppOnly().Connect(token, "/", [][]byte{secret}, now); code(err) != "token_invalid" {
			t.Errorf("%s: got %s", name, code(err))
		}
	}
}

// loosened changes bits at the end of a token that stand for nothing: a second text of one signature.
func loosened(token string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, token[len(token)-1])
	return token[:len(token)-1] + string(alphabet[last^1])
}

func TestAttack_the_public_key_as_a_secret(t *testing.T) {
	key := rsaKey(t, minModulus)
	public := publicPEM(t, &key.PublicKey)
	v := verifier(t, Config{Algorithm: RS256, Keys: []string{public}})
	for name, secretText := range map[string]string{"PEM": public, "PEM without its end": strings.TrimSpace(public)} {
		token := own(t, []byte(secretText), connecting(nil))
		if _, err := v.Connect(token, "/", [][]byte{secret}, now); code(err) != "token_invalid" {
			t.Errorf("%s: got %s", name, code(err))
		}
	}
}

func TestAttack_another_algorithm_than_the_key_s(t *testing.T) {
	key := rsaKey(t, minModulus)
	v := verifier(t, Config{Algorithm: RS256, Keys: []string{publicPEM(t, &key.PublicKey)}})
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodRS384, jwt.SigningMethodRS512, jwt.SigningMethodPS256} {
		if _, err := v.Connect(made(t, method, key, connecting(nil)), "/", nil, now); code(err) != "token_invalid" {
			t.Errorf("%s: got %s", method.Alg(), code(err))
		}
	}
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodHS384, jwt.SigningMethodHS512} {
		if _, err := v.Connect(made(t, method, secret, connecting(nil)), "/", [][]byte{secret}, now); code(err) != "token_invalid" {
			t.Errorf("%s: got %s", method.Alg(), code(err))
		}
	}
	if _, err := v.Connect(made(t, jwt.SigningMethodRS256, key, connecting(nil)), "/", nil, now); code(err) != "in" {
		t.Errorf("its own: got %s", code(err))
	}
}

func TestAttack_a_key_that_the_token_brings(t *testing.T) {
	payload := text(t, connecting(nil))
	for _, header := range []string{
		`{"alg":"HS256","jwk":{"kty":"oct","k":"AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM"}}`,
		`{"alg":"HS256","jku":"http://evil.example/keys"}`,
		`{"alg":"HS256","kid":"../../dev/null"}`,
		`{"alg":"HS256","x5u":"http://evil.example/cert"}`,
	} {
		unsigned := strings.TrimSuffix(written(header, payload, nil), ".")
		for _, key := range [][]byte{wrong, {}} {
			signature, err := jwt.SigningMethodHS256.Sign(unsigned, key)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := AppOnly().Connect(written(header, payload, signature), "/", [][]byte{secret}, now); code(err) != "token_invalid" {
				t.Errorf("%s: got %s", header, code(err))
			}
		}
	}
}

func TestAttack_what_must_be_understood_is_not_ignored(t *testing.T) {
	token := signedText(t, `{"alg":"HS256","crit":["b64"],"b64":false}`, text(t, connecting(nil)))
	if _, err := AppOnly().Connect(token, "/", [][]byte{secret}, now); code(err) != "token_invalid" {
		t.Errorf("got %s", code(err))
	}
}

func TestAttack_an_empty_key_is_none(t *testing.T) {
	token := own(t, []byte{}, connecting(nil))
	if _, err := AppOnly().Connect(token, "/", nil, now); code(err) != "token_invalid" {
		t.Errorf("without keys: got %s", code(err))
	}
}

func TestConfigured_keys_of_every_algorithm(t *testing.T) {
	rsaPrivate := rsaKey(t, minModulus)
	ecPrivate, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	shared := strings.Repeat("s", minSecret)
	for _, c := range []struct {
		algorithm, key string
		method         jwt.SigningMethod
		private        any
	}{
		{"", shared, jwt.SigningMethodHS256, []byte(shared)},
		{RS256, publicPEM(t, &rsaPrivate.PublicKey), jwt.SigningMethodRS256, rsaPrivate},
		{ES256, publicPEM(t, &ecPrivate.PublicKey), jwt.SigningMethodES256, ecPrivate},
		{EdDSA, publicPEM(t, edPublic), jwt.SigningMethodEdDSA, edPrivate},
	} {
		v := verifier(t, Config{Algorithm: c.algorithm, Keys: []string{c.key}})
		if _, err := v.Connect(made(t, c.method, c.private, connecting(nil)), "/", nil, now); err != nil {
			t.Errorf("%s: %v", c.algorithm, err)
		}
		if _, err := v.Rooms([]string{made(t, c.method, c.private, following(nil))}, "/", nil, now); err != nil {
			t.Errorf("%s, rooms: %v", c.algorithm, err)
		}
		if _, err := v.Connect(own(t, secret, connecting(nil)), "/", [][]byte{secret}, now); err != nil {
			t.Errorf("the app's beside %s: %v", c.algorithm, err)
		}
	}
}

func TestThirdParty_names_the_user_and_nothing_else(t *testing.T) {
	key := rsaKey(t, minModulus)
	v := verifier(t, Config{
		Algorithm: RS256, Keys: []string{publicPEM(t, &key.PublicKey)}, Audience: "shop", Issuer: "https://id.example/",
	})
	theirs := func(change m) string {
		return made(t, jwt.SigningMethodRS256, key, connecting(changed(m{
			"aud": "shop", "iss": "https://id.example/", "sub": "auth0|7", "rooms": []string{"admins"}, "login": "l", "data": 1, "ns": "/x",
		}, change)))
	}
	p, err := v.Connect(theirs(nil), "/chat", nil, now)
	if err != nil {
		t.Fatal(err)
	}
	if p.User != "auth0|7" || p.Rooms != nil || p.Login != "" || p.Data != nil || len(p.Claims) == 0 {
		t.Errorf("got %+v", p)
	}
	for name, change := range map[string]m{
		"for another": {"aud": "bank"}, "ours, made by them": {"aud": ForConnect}, "another issuer": {"iss": "https://evil.example/"},
		"no issuer": {"iss": nil},
	} {
		if _, err := v.Connect(theirs(change), "/", nil, now); code(err) != "token_invalid" {
			t.Errorf("%s: got %s", name, code(err))
		}
	}
	room := made(t, jwt.SigningMethodRS256, key, following(m{"iss": "https://id.example/"}))
	if _, err := v.Rooms([]string{room}, "/", nil, now); code(err) != "room_token_invalid" {
		t.Errorf("a room of theirs: got %s", code(err))
	}
	if _, err := v.Connect(own(t, secret, connecting(m{"aud": "shop"})), "/", [][]byte{secret}, now); code(err) != "token_invalid" {
		t.Errorf("theirs, made by the app: got %s", code(err))
	}
}

func TestNew_says_what_is_wrong_with_a_key_and_shows_none(t *testing.T) {
	weak := rsaKey(t, 1024)
	good := rsaKey(t, minModulus)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(good)}))
	public := publicPEM(t, &good.PublicKey)
	for _, c := range []struct {
		algorithm string
		keys      []string
		want      string
	}{
		{"", []string{"hunter2"}, "at least 32 bytes"},
		{HS256, []string{public}, "did you mean token_algorithm: RS256"},
		{RS256, []string{strings.Repeat("s", 32)}, "is no PEM"},
		{RS256, []string{private}, "is a private key"},
		{RS256, []string{publicPEM(t, &weak.PublicKey)}, "at least 2048 bits"},
		{RS256, []string{public, publicPEM(t, &p384.PublicKey)}, "key 2: "},
		{ES256, []string{publicPEM(t, &p384.PublicKey)}, "P-256"},
		{EdDSA, []string{public}, "not for token_algorithm: EdDSA"},
		{RS256, []string{"-----BEGIN PUBLIC KEY-----\nAAAA"}, "broken"},
		{RS256, []string{"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}, "cannot be read"},
		{RS256, []string{strings.Repeat(public, maxKeys+1)}, "at most 16"},
		{"HS1", nil, "none of"},
	} {
		_, err := New(Config{Algorithm: c.algorithm, Keys: c.keys})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.algorithm, err, c.want)
			continue
		}
		for _, key := range c.keys {
			if strings.Contains(err.Error(), key) {
				t.Errorf("%q shows the key", err)
			}
		}
	}
	if _, err := New(Config{Algorithm: RS256, Keys: []string{public + publicPEM(t, &rsaKey(t, minModulus).PublicKey)}}); err != nil {
		t.Errorf("two keys in one text: %v", err)
	}
}
