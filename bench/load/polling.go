package main

import (
	"fmt"
	"time"

	"realtime/bench/process"
)

// parked connects clients whose poll then waits, and measures the memory each takes.
type parked struct {
	target  *target
	clients int
}

func (b *parked) prepare() error { return nil }

func (b *parked) round() (process.Sample, error) {
	return b.target.grown(func() (int64, error) {
		_, err := pollers(b.target, b.clients, func(p *poller, body []byte) error {
			return fmt.Errorf("unexpected: %.100q", body)
		}, nil)
		return int64(b.clients), err
	})
}

// polling has clients each of which posts an event, waits for its acknowledgement by a poll and for
// the answer to the POST, and begins again.
type polling struct {
	target   *target
	o        options
	clients  []*poller
	requests map[*poller][]byte
	halves   map[*poller]int
	acks     int64
	waiting  int
	end      time.Time
}

func newPolling(t *target, o options) *polling {
	return &polling{target: t, o: o, requests: make(map[*poller][]byte), halves: make(map[*poller]int)}
}

func (b *polling) prepare() error {
	var err error
	packets := func(p *poller, _ []byte) error { return b.half(p) }
	if b.clients, err = pollers(b.target, b.o.clients, packets, b.half); err != nil {
		return err
	}
	for _, p := range b.clients {
		b.requests[p] = post(b.target.host, p.sid, "4"+echoPacket(b.o.bytes))
	}
	_, err = b.round() // warm
	return err
}

func (b *polling) round() (process.Sample, error) {
	b.end = time.Now().Add(b.o.seconds)
	return b.target.measure(func() (int64, error) {
		before := b.acks
		b.waiting = len(b.clients)
		for _, p := range b.clients {
			if err := p.send(b.requests[p]); err != nil {
				return 0, err
			}
		}
		err := b.target.loop.run(time.Time{}, func() bool { return b.waiting == 0 })
		return b.acks - before, err
	})
}

// half is one of the two answers a message needs.
func (b *polling) half(p *poller) error {
	b.halves[p]++
	if b.halves[p]%2 == 1 {
		return nil
	}
	b.acks++
	if time.Now().Before(b.end) {
		return p.send(b.requests[p])
	}
	b.waiting--
	return nil
}
