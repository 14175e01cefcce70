package rpc

import "fmt"

// MaxLogin is how long a login may be, in bytes.
const MaxLogin = 256

// Grant is the answer to a connect that lets the socket in.
type Grant struct {
	Rooms []string // nil when absent
	User  *string  // nil when absent; "" when the app says nil
	Data  []byte   // nil when absent; one value otherwise; aliases the frame
	Login string   // "" for none; a secret

	// Expires is when the client is to come back and be asked again, in milliseconds since 1970;
	// 0 for never.
	Expires int64
}

// DecodeGrant reads the result of a connect. A result of nil is a yes that gives nothing.
func DecodeGrant(result []byte) (Grant, error) {
	var g Grant
	if isNil(result) {
		return g, nil
	}
	f := open(result)
	for f.pair() {
		switch string(f.key) {
		case "rooms":
			if !isNil(f.val) {
				g.Rooms = f.texts()
			}
		case "user":
			g.User = f.user()
		case "data":
			g.Data = f.val
		case "login":
			g.Login = f.login()
		case "expires":
			g.Expires = f.moment()
		}
	}
	return g, f.err
}

func (f *fields) login() string {
	if isNil(f.val) {
		return ""
	}
	login := f.name()
	if len(login) > MaxLogin {
		f.fail(fmt.Sprintf("at most %d bytes", MaxLogin))
	}
	return login
}

func (f *fields) moment() int64 {
	if isNil(f.val) {
		return 0
	}
	at := f.number()
	if at <= 0 {
		f.fail("not milliseconds since 1970")
	}
	return at
}

// Outcome is what the answer to an event says about the client's ack.
type Outcome uint8

// The outcomes.
const (
	NoAck    Outcome = iota // result nil
	AckNow                  // result is the list of arguments
	AckLater                // result {defer: true}
)

// DecodeOutcome reads the result of an event.
//
// Ownership: args alias result.
// Errors: *ParamError when it is none of the three.
func DecodeOutcome(result []byte) (o Outcome, args []byte, err error) {
	switch {
	case isNil(result):
		return NoAck, nil, nil
	case isArray(result):
		return AckNow, result, nil
	case isMap(result):
		f := open(result)
		for f.next() {
			if string(f.key) == "defer" && f.flag() {
				return AckLater, nil, nil
			}
		}
	}
	return NoAck, nil, &ParamError{"result", "is neither nil, a list nor {defer: true}"}
}

// DecodeError reads the error of a response.
func DecodeError(m []byte) (*Error, error) {
	e := new(Error)
	f := open(m)
	for f.next() {
		switch string(f.key) {
		case "code":
			e.Code = Code(f.text())
		case "message":
			e.Message = f.text()
		case "data":
			e.Data = f.val
		}
	}
	return e, f.err
}

// ErrorAck returns the arguments of the ack that an event's error carries in data.ack, or nil.
func (e *Error) ErrorAck() []byte {
	if len(e.Data) == 0 || !isMap(e.Data) {
		return nil
	}
	f := open(e.Data)
	for f.next() {
		if string(f.key) == "ack" && isArray(f.val) {
			return f.val
		}
	}
	return nil
}

func (e *Error) append(dst []byte) []byte {
	n := 2
	if len(e.Data) > 0 {
		n++
	}
	dst = appendMapLen(dst, n)
	dst = appendString(appendString(dst, "code"), string(e.Code))
	dst = appendString(appendString(dst, "message"), e.Message)
	if len(e.Data) > 0 {
		dst = append(appendString(dst, "data"), e.Data...)
	}
	return dst
}
