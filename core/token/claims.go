package token

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"realtime/core/protocol/payload"
)

const (
	// maxDepth is how deep claims may nest: in the question to the app they lie some levels deep.
	maxDepth = 32

	// maxLogin is in bytes, as on the app link.
	maxLogin = 256

	// maxRooms is how many one token may name; what a socket may be in is the hub's to say.
	maxRooms = 1024

	// lastSecond is the end of the year 9999: later ones are mistakes, and would overflow a clock.
	lastSecond = 253_402_300_799
)

// claims are the members of a token's payload as they were written. Names are compared exactly, and of
// one that comes twice the last counts, as for the app, which reads them too.
type claims struct {
	text    []byte
	members map[string]json.RawMessage
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *claims) UnmarshalJSON(text []byte) error {
	c.text = slices.Clone(text)
	if err := json.Unmarshal(text, &c.members); err != nil {
		return fmt.Errorf("%w: no JSON object", errClaims)
	}
	return nil
}

// read reads a member into v and reports whether it is there; nil counts as absent.
func (c *claims) read(name string, v any) (there bool, err error) {
	raw, there := c.members[name]
	if !there || string(raw) == "null" {
		return false, nil
	}
	return true, json.Unmarshal(raw, v)
}

// time reads seconds since 1970, perhaps with a fraction.
func (c *claims) time(name string) (*jwt.NumericDate, error) {
	var seconds float64
	there, err := c.read(name, &seconds)
	if err != nil || there && (seconds < 0 || seconds > lastSecond) {
		return nil, fmt.Errorf("%s: no seconds since 1970", name)
	}
	if !there {
		return nil, nil
	}
	return jwt.NewNumericDate(time.UnixMilli(int64(seconds * 1000))), nil
}

// namespace is where the token counts.
func (c *claims) namespace() (string, error) {
	name := "/"
	if _, err := c.read("ns", &name); err != nil {
		return "", errNamespace
	}
	return name, nil
}

func (c *claims) user() (string, error) {
	var text string
	if _, err := c.read("sub", &text); err == nil {
		return text, nil
	}
	var number int64
	if _, err := c.read("sub", &number); err != nil {
		return "", errUser
	}
	return strconv.FormatInt(number, 10), nil
}

func (c *claims) login() (string, error) {
	var login string
	if _, err := c.read("login", &login); err != nil || len(login) > maxLogin {
		return "", errLogin
	}
	return login, nil
}

func (c *claims) rooms() ([]string, error) {
	var rooms []string
	if _, err := c.read("rooms", &rooms); err != nil || len(rooms) > maxRooms {
		return nil, errRooms
	}
	return rooms, nil
}

// packed returns JSON as MessagePack, which is how the app link carries it.
func packed(text []byte) ([]byte, error) {
	value, err := payload.AppendMessagePack(nil, text, nil, payload.Limits{Depth: maxDepth})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errClaims, err)
	}
	return value, nil
}

// GetExpirationTime and the others implement jwt.Claims.
func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.time("exp") }

// GetIssuedAt returns iat.
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error) { return c.time("iat") }

// GetNotBefore returns nbf.
func (c *claims) GetNotBefore() (*jwt.NumericDate, error) { return c.time("nbf") }

// GetIssuer returns iss.
func (c *claims) GetIssuer() (issuer string, err error) {
	_, err = c.read("iss", &issuer)
	return issuer, err
}

// GetSubject returns sub.
func (c *claims) GetSubject() (string, error) { return c.user() }

// GetAudience returns aud, one or a list.
func (c *claims) GetAudience() (jwt.ClaimStrings, error) {
	var one string
	if there, err := c.read("aud", &one); err == nil {
		if !there {
			return nil, nil
		}
		return jwt.ClaimStrings{one}, nil
	}
	var list []string
	if _, err := c.read("aud", &list); err != nil {
		return nil, errAudience
	}
	return list, nil
}
