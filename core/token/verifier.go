package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// What a token is for, in its claim aud.
const (
	ForConnect = "realtime.connect"
	ForRooms   = "realtime.room"
)

const (
	// MaxSize is the longest token, in bytes: it comes with every connect.
	MaxSize = 8 << 10

	// MaxRoomTokens is how many one client may bring for one namespace.
	MaxRoomTokens = 64

	// Leeway is how far the clocks of who signs and who verifies may be apart.
	Leeway = 5 * time.Second
)

// Config is what the sidecar's configuration says about tokens. The zero value is right where only the
// app makes any.
type Config struct {
	Keys      []string // secrets, or public keys in PEM, beside those of the app
	Algorithm string   // of Keys, one of Algorithms; "" is HS256

	// Audience and Issuer are what tokens by Keys must say. With an Audience they are a third party's:
	// they let in to every namespace and name the user, and nothing else in them counts.
	Audience string
	Issuer   string
}

// A Verifier knows what is accepted. It holds no state.
//
// Concurrency: safe.
type Verifier struct {
	own, configured method
	keys            []jwt.VerificationKey
}

// method is how tokens by one kind of keys are judged.
type method struct {
	algorithm  string
	audience   string // of connect tokens
	issuer     string
	thirdParty bool
}

// New returns a Verifier. The error says what is wrong with the keys and shows none of them.
func New(cfg Config) (*Verifier, error) {
	algorithm := cfg.Algorithm
	if algorithm == "" {
		algorithm = HS256
	}
	if !slices.Contains(Algorithms, algorithm) {
		return nil, fmt.Errorf("algorithm %q is none of %v", algorithm, Algorithms)
	}
	keys, err := parseKeys(algorithm, cfg.Keys)
	if err != nil {
		return nil, err
	}
	v := &Verifier{
		own:        method{algorithm: HS256, audience: ForConnect},
		configured: method{algorithm: algorithm, audience: ForConnect, issuer: cfg.Issuer},
		keys:       keys,
	}
	if cfg.Audience != "" {
		v.configured.audience, v.configured.thirdParty = cfg.Audience, true
	}
	return v, nil
}

// AppOnly returns the Verifier of an empty configuration: only the app makes tokens.
func AppOnly() *Verifier {
	v, err := New(Config{})
	if err != nil {
		panic(err) // there is nothing in it to be wrong
	}
	return v
}

// Configured reports whether there are keys beside those of the app.
func (v *Verifier) Configured() bool { return len(v.keys) > 0 }

// Pass is what a valid connect token says.
type Pass struct {
	User  string // "" for none
	Login string // "" for none; a secret
	Rooms []string
	Data  []byte // one MessagePack value; nil for none

	Claims   []byte    // all of it, a MessagePack map
	IssuedAt time.Time // zero when it does not say
	Until    time.Time // when it ends, Leeway included
}

// Connect verifies a token for entering a namespace. secrets are those of the app; none is changed.
//
// Errors: *Error with CodeInvalid or CodeExpired.
func (v *Verifier) Connect(text, namespace string, secrets [][]byte, now time.Time) (*Pass, *Error) {
	c, m, err := v.verify(text, "", secrets, now)
	if err == nil {
		var pass *Pass
		if pass, err = m.pass(c, namespace); err == nil {
			return pass, nil
		}
	}
	return nil, judged(err, CodeInvalid, CodeExpired)
}

// Rooms verifies the tokens for following rooms of a namespace and returns all rooms they name. It
// stops at the first that does not count: who shows one gets in with all of them or not at all.
//
// Errors: *Error with CodeRoomInvalid or CodeRoomExpired.
func (v *Verifier) Rooms(texts []string, namespace string, secrets [][]byte, now time.Time) ([]string, *Error) {
	if len(texts) > MaxRoomTokens {
		return nil, NewError(CodeRoomInvalid, errTooMany)
	}
	var all []string
	for _, text := range texts {
		rooms, err := v.rooms(text, namespace, secrets, now)
		if err != nil {
			return nil, judged(err, CodeRoomInvalid, CodeRoomExpired)
		}
		all = append(all, rooms...)
	}
	return all, nil
}

func (v *Verifier) rooms(text, namespace string, secrets [][]byte, now time.Time) ([]string, error) {
	c, _, err := v.verify(text, ForRooms, secrets, now)
	if err != nil {
		return nil, err
	}
	if ns, err := c.namespace(); err != nil || ns != namespace {
		return nil, errNamespace
	}
	rooms, err := c.rooms()
	if err == nil && rooms == nil {
		err = errRooms
	}
	return rooms, err
}

// verify tries the keys of the app and then those of the configuration, each by its own method.
// audience "" is the method's own.
func (v *Verifier) verify(text, audience string, secrets [][]byte, now time.Time) (*claims, method, error) {
	if len(text) > MaxSize {
		return nil, method{}, errTooLarge
	}
	if strings.ContainsAny(text, "\r\n") { // which readers of base64 skip: one token has one text
		return nil, method{}, errClaims
	}
	app := make([]jwt.VerificationKey, len(secrets))
	for i, secret := range secrets {
		app[i] = secret
	}
	c, err := v.own.verify(text, audience, app, now)
	if !errors.Is(err, ErrSignature) {
		return c, v.own, err
	}
	if v.configured.thirdParty && audience != "" {
		return nil, method{}, err // whoever signs people in has no say about rooms
	}
	c, err = v.configured.verify(text, audience, v.keys, now)
	return c, v.configured, err
}

// verify returns the claims of a token that one of the keys has made and that is valid now.
func (m method) verify(text, audience string, keys []jwt.VerificationKey, now time.Time) (*claims, error) {
	if len(keys) == 0 {
		return nil, ErrSignature
	}
	if audience == "" {
		audience = m.audience
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{m.algorithm}), jwt.WithAudience(audience), jwt.WithExpirationRequired(),
		jwt.WithLeeway(Leeway), jwt.WithStrictDecoding(), jwt.WithTimeFunc(func() time.Time { return now }),
	}
	if m.issuer != "" {
		options = append(options, jwt.WithIssuer(m.issuer))
	}
	c := new(claims)
	_, err := jwt.NewParser(options...).ParseWithClaims(text, c, func(t *jwt.Token) (any, error) {
		if _, critical := t.Header["crit"]; critical {
			return nil, errClaims // nothing that must be understood is. Source: RFC 7515, section 4.1.11
		}
		return jwt.VerificationKeySet{Keys: keys}, nil
	})
	return c, cause(err)
}

// cause says in our words what the parser has found. What else is wrong comes before expiry: a token
// that never counted has not expired.
func cause(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jwt.ErrTokenSignatureInvalid), errors.Is(err, jwt.ErrTokenUnverifiable):
		return ErrSignature
	case errors.Is(err, jwt.ErrTokenMalformed):
		return errClaims
	case errors.Is(err, jwt.ErrTokenInvalidAudience), errors.Is(err, errAudience):
		return errAudience
	case errors.Is(err, jwt.ErrTokenInvalidIssuer):
		return errIssuer
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return errNotYet
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return errMissing
	case errors.Is(err, jwt.ErrTokenExpired):
		return errExpired
	}
	return errClaims
}

// judged gives an error its code.
func judged(err error, invalid, expired Code) *Error {
	if errors.Is(err, errExpired) {
		return NewError(expired, nil)
	}
	return NewError(invalid, err)
}

// pass reads what a valid token grants.
func (m method) pass(c *claims, namespace string) (*Pass, error) {
	end, err := c.GetExpirationTime()
	if err != nil || end == nil {
		return nil, errMissing
	}
	issued, err := c.GetIssuedAt()
	if err != nil {
		return nil, errClaims
	}
	p := &Pass{Until: end.Add(Leeway)}
	if issued != nil {
		p.IssuedAt = issued.Time
	}
	if p.User, err = c.user(); err != nil {
		return nil, err
	}
	if p.Claims, err = packed(c.text); err != nil || m.thirdParty {
		return p, err
	}
	if ns, err := c.namespace(); err != nil || ns != namespace {
		return nil, errNamespace
	}
	if p.Login, err = c.login(); err != nil {
		return nil, err
	}
	if p.Rooms, err = c.rooms(); err != nil {
		return nil, err
	}
	var data json.RawMessage
	if there, _ := c.read("data", &data); there {
		p.Data, err = packed(data)
	}
	return p, err
}
