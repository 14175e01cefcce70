package main

import (
	"bytes"
	"encoding/binary"

	"github.com/vmihailenco/msgpack/v5"
)

// raw is a MessagePack value that is appended as it is.
type raw []byte

// Append implements rpc.Appender.
func (r raw) Append(dst []byte) []byte { return append(dst, r...) }

var nilValue = raw{0xc0}

// mapWriter appends a map with up to 15 pairs.
type mapWriter struct{ b []byte }

func newMap(pairs int) *mapWriter { return &mapWriter{b: []byte{0x80 | byte(pairs)}} }

func (m *mapWriter) key(k string) { m.b = append(append(m.b, 0xa0|byte(len(k))), k...) }

func (m *mapWriter) text(k, v string) {
	m.key(k)
	m.value(v)
}

func (m *mapWriter) value(v string) {
	m.b = binary.BigEndian.AppendUint16(append(m.b, 0xda), uint16(len(v)))
	m.b = append(m.b, v...)
}

var decoder = msgpack.NewDecoder(nil)

// eventOf finds the event's name and its arguments in the parameters of an event, which rpc.Parse
// has validated.
func eventOf(params []byte) (event string, args raw, err error) {
	decoder.Reset(bytes.NewReader(params))
	n, err := decoder.DecodeMapLen()
	for range n {
		var key string
		if key, err = decoder.DecodeString(); err != nil {
			return "", nil, err
		}
		switch key {
		case "event":
			event, err = decoder.DecodeString()
		case "args":
			var value msgpack.RawMessage
			value, err = decoder.DecodeRaw()
			args = raw(value)
		default:
			err = decoder.Skip()
		}
		if err != nil {
			return "", nil, err
		}
	}
	return event, args, err
}
