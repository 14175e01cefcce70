package main

import (
	"strings"
	"time"

	"realtime/bench/process"
)

// echo has clients each of which always waits for one acknowledgement.
type echo struct {
	target  *target
	o       options
	request []byte
	clients []*client
	acks    int64
	waiting int
	end     time.Time
}

func newEcho(t *target, o options) *echo {
	return &echo{target: t, o: o, request: frame(opText, "4"+echoPacket(o.bytes))}
}

// echoPacket is an event with an argument of n bytes that wants an acknowledgement.
func echoPacket(n int) string { return `20["echo","` + strings.Repeat("x", n) + `"]` }

func (b *echo) prepare() error {
	h := &cohort{target: b.target, packet: b.packet}
	var err error
	if b.clients, err = crowd(h, b.o.clients); err != nil {
		return err
	}
	_, err = b.round() // warm
	return err
}

func (b *echo) round() (process.Sample, error) {
	b.end = time.Now().Add(b.o.seconds)
	return b.target.measure(func() (int64, error) {
		before := b.acks
		b.waiting = len(b.clients)
		for _, c := range b.clients {
			if err := c.conn.write(b.request); err != nil {
				return 0, err
			}
		}
		err := b.target.loop.run(time.Time{}, func() bool { return b.waiting == 0 })
		return b.acks - before, err
	})
}

func (b *echo) packet(c *client, _ []byte) error {
	b.acks++
	if time.Now().Before(b.end) {
		return c.conn.write(b.request)
	}
	b.waiting--
	return nil
}
