package token

import "errors"

// Code is what a client can decide by.
type Code string

// The codes, which clients find in the data of their connect error.
const (
	CodeRequired    Code = "token_required"
	CodeInvalid     Code = "token_invalid"
	CodeExpired     Code = "token_expired"
	CodeRoomInvalid Code = "room_token_invalid"
	CodeRoomExpired Code = "room_token_expired"
)

var texts = map[Code]string{
	CodeRequired:    "token required",
	CodeInvalid:     "token invalid",
	CodeExpired:     "token expired",
	CodeRoomInvalid: "room token invalid",
	CodeRoomExpired: "room token expired",
}

// Error says that a token does not count.
type Error struct {
	Code  Code
	cause error
}

// NewError makes one. cause may be nil; it must not hold the token.
func NewError(code Code, cause error) *Error { return &Error{code, cause} }

// Text is what a client may read.
func (e *Error) Text() string { return texts[e.Code] }

// Error is for the log: it has the reason and nothing of the token.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.Text()
	}
	return e.Text() + ": " + e.cause.Error()
}

func (e *Error) Unwrap() error { return e.cause }

// What can be wrong with a token whose signature is right.
var (
	errExpired   = errors.New("its time is over")
	errNotYet    = errors.New("its time has not come")
	errMissing   = errors.New("exp, aud or iss is missing")
	errAudience  = errors.New("aud: is for something else")
	errIssuer    = errors.New("iss: is somebody else's")
	errNamespace = errors.New("ns: is for another namespace")
	errLogin     = errors.New("login: is no text of at most 256 bytes")
	errRooms     = errors.New("rooms: is no list of names, or too long")
	errUser      = errors.New("sub: is neither a text nor a whole number")
	errClaims    = errors.New("its claims cannot be read")
	errTooLarge  = errors.New("is longer than 8 KiB")
	errTooMany   = errors.New("are more than 64")
)

// ErrSignature is wrapped by an Error of a token that no known key has made.
var ErrSignature = errors.New("no key has made its signature")
