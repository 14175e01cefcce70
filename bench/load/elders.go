package main

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"realtime/bench/process"
)

// An elder is how clients of an older generation open a session and poll.
type elder struct {
	handshake string // the path and query
	poll      string // with %s for the session's id
	sidOf     func(answer []byte) (string, error)
	welcome   []byte // what the first poll is answered with
}

var elders = map[string]elder{
	"parked3": {
		handshake: "/socket.io/?EIO=3&transport=polling",
		poll:      "/socket.io/?EIO=3&transport=polling&sid=%s",
		sidOf:     sidOf,
		welcome:   []byte("2:40"),
	},
	"parked09": {
		handshake: "/socket.io/1/?t=1",
		poll:      "/socket.io/1/xhr-polling/%s?t=1",
		sidOf:     firstField,
		welcome:   []byte("1::"),
	},
}

// firstField is the session's id in a handshake of 0.9: "id:60:60:websocket,xhr-polling".
func firstField(answer []byte) (string, error) {
	sid, _, ok := bytes.Cut(answer, []byte(":"))
	if !ok || len(sid) == 0 {
		return "", fmt.Errorf("not a handshake: %.100q", answer)
	}
	return string(sid), nil
}

// parkedElders connects clients of an older generation whose poll then waits, and measures the memory each
// takes.
type parkedElders struct {
	target  *target
	clients int
	elder   elder
}

func (b *parkedElders) prepare() error { return nil }

func (b *parkedElders) round() (process.Sample, error) {
	return b.target.grown(func() (int64, error) {
		begun, in := 0, 0
		var begin func() error
		begin = func() error {
			if begun == b.clients {
				return nil
			}
			begun++
			return b.park(func() error {
				in++
				return begin()
			})
		}
		for range min(b.clients, connecting) {
			if err := begin(); err != nil {
				return 0, err
			}
		}
		err := b.target.loop.run(time.Time{}, func() bool { return in == b.clients })
		return int64(b.clients), err
	})
}

// park opens a session and polls until it has been welcomed; joined is called when the next poll waits.
func (b *parkedElders) park(joined func() error) error {
	var (
		r    *requester
		poll []byte
		in   bool
	)
	answered := func(body []byte) error {
		switch {
		case poll == nil:
			sid, err := b.elder.sidOf(body)
			if err != nil {
				return err
			}
			poll = b.get(fmt.Sprintf(b.elder.poll, sid))
		case !in && bytes.Equal(body, b.elder.welcome):
			in = true
			if err := r.conn.write(poll); err != nil {
				return err
			}
			return joined()
		case !in:
			return fmt.Errorf("%s: not a welcome: %.100q", r.name, body)
		case !bytes.Equal(body, []byte("8::")): // the end of a poll of 0.9, every 20 s
			return errors.New("unexpected: " + string(body))
		}
		return r.conn.write(poll)
	}
	var err error
	r, err = openRequester(b.target, b.get(b.elder.handshake), answered)
	return err
}

func (b *parkedElders) get(path string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + b.target.host + "\r\n" + browser + "\r\n")
}
