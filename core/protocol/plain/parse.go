package plain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Parse reads one message of a client.
//
// Shapes: see the package. args may be missing, which is an empty list; null is the same as missing. Keys
// are compared as they are written; of one that comes twice the last counts, and unknown ones are passed
// over, so that a client may give back what it was sent.
// Limits: none of its own; values nest as deep as encoding/json takes them, args is not looked into.
// Ownership: the packet is new memory.
// Errors: [ErrObject], [ErrField] or [ErrKind], wrapped.
func Parse(message []byte) (Packet, error) {
	var o object
	if err := o.read(json.NewDecoder(bytes.NewReader(message))); err != nil {
		return Packet{}, err
	}
	p := Packet{Args: o.args}
	switch {
	case len(p.Args) == 0 || string(p.Args) == "null":
		p.Args = []byte("[]")
	case p.Args[0] != '[':
		return Packet{}, fmt.Errorf("%w (args)", ErrField)
	}
	switch {
	case o.event != nil && o.ack == nil:
		p.Event = *o.event
		if o.id != nil {
			p.ID, p.HasID = *o.id, true
		}
	case o.ack != nil && o.event == nil:
		p.ID, p.IsAck = *o.ack, true
	default:
		return Packet{}, ErrKind
	}
	return p, nil
}

// object is what a message may hold. It is not decoded by its type alone: that would take "EVENT" for
// event.
type object struct {
	event   *string
	args    json.RawMessage
	id, ack *uint64
}

func (o *object) read(d *json.Decoder) error {
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return ErrObject
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrObject, err)
		}
		if err := o.field(d, key); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil { // the bracket
		return fmt.Errorf("%w: %w", ErrObject, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: there is more behind it", ErrObject)
	}
	return nil
}

// field reads the value of one key.
func (o *object) field(d *json.Decoder, key json.Token) error {
	var into any
	switch key {
	case "event":
		into = &o.event
	case "args":
		into = &o.args
	case "id":
		into = &o.id
	case "ack":
		into = &o.ack
	default:
		into = new(json.RawMessage)
	}
	err := d.Decode(into)
	var foreign *json.UnmarshalTypeError
	switch {
	case errors.As(err, &foreign):
		return fmt.Errorf("%w (%s)", ErrField, key)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrObject, err)
	}
	return nil
}

// AppendArray appends what the packet brings as the JSON array that Socket.IO has: an event's name and
// its arguments, or the arguments of an ack.
func AppendArray(dst []byte, p Packet) []byte {
	if p.IsAck {
		return appendArgs(dst, p.Args)
	}
	dst = appendText(append(dst, '['), p.Event)
	if inner := bytes.TrimSpace(p.Args[1 : len(p.Args)-1]); len(inner) > 0 {
		dst = append(append(dst, ','), inner...)
	}
	return append(dst, ']')
}
