package main

import (
	"errors"
	"time"

	"realtime/bench/process"
)

// maxWindow is how many broadcasts may be in flight.
const maxWindow = 64

// broadcast has a crowd to which the server sends every broadcast that one of them asks for. The next
// is asked for when the oldest in flight has reached everybody, by as many clients in turn as there
// are broadcasts in flight: events of one client are handled one after the other.
type broadcast struct {
	target    *target
	o         options
	clients   []*client
	reached   [2 * maxWindow]int // clients, by number of the broadcast
	delivered int64
	asked     int
	flying    int
}

var publishFrame = frame(opText, `42["publish"]`)

func newBroadcast(t *target, o options) *broadcast { return &broadcast{target: t, o: o} }

func (b *broadcast) prepare() error {
	if b.o.window < 1 || b.o.window > maxWindow {
		return errors.New("a window of 1 to 64")
	}
	h := &cohort{target: b.target, packet: b.packet}
	var err error
	if b.clients, err = crowd(h, b.o.clients); err != nil {
		return err
	}
	_, err = b.round() // warm
	return err
}

func (b *broadcast) round() (process.Sample, error) {
	return b.target.measure(func() (int64, error) {
		before := b.delivered
		end := time.Now().Add(b.o.seconds)
		var failed error
		err := b.target.loop.run(end, func() bool {
			// Between two looks at what the server sent, so that broadcasts that end together are
			// replaced together.
			failed = b.refill()
			return failed != nil || !time.Now().Before(end)
		})
		if err == nil && failed == nil {
			err = b.target.loop.run(time.Time{}, func() bool { return b.flying == 0 })
		}
		return b.delivered - before, errors.Join(err, failed)
	})
}

func (b *broadcast) packet(c *client, _ []byte) error {
	b.delivered++
	n := &b.reached[c.count%int64(len(b.reached))]
	*n++
	if *n < len(b.clients) {
		return nil
	}
	*n = 0
	b.flying--
	return nil
}

func (b *broadcast) refill() error {
	for ; b.flying < b.o.window; b.flying++ {
		publisher := b.clients[b.asked%b.o.window]
		b.asked++
		if err := publisher.conn.write(publishFrame); err != nil {
			return err
		}
	}
	return nil
}
