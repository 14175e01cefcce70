package main

import (
	"time"

	"realtime/bench/process"
)

// churn has clients that connect, join and leave, over and over.
type churn struct {
	target *target
	o      options
	cohort *cohort
	left   int64
	alive  int
	end    time.Time
}

func newChurn(t *target, o options) *churn {
	b := &churn{target: t, o: o}
	b.cohort = &cohort{target: t, joined: (*client).leave, packet: ignore, gone: b.gone}
	return b
}

func (b *churn) prepare() error {
	_, err := b.round() // warm
	return err
}

func (b *churn) round() (process.Sample, error) {
	b.end = time.Now().Add(b.o.seconds)
	return b.target.measure(func() (int64, error) {
		before := b.left
		for range b.o.clients {
			b.alive++
			if _, err := b.cohort.connect(); err != nil {
				return 0, err
			}
		}
		err := b.target.loop.run(time.Time{}, func() bool { return b.alive == 0 })
		return b.left - before, err
	})
}

func (b *churn) gone(*client) error {
	b.left++
	if time.Now().Before(b.end) {
		_, err := b.cohort.connect()
		return err
	}
	b.alive--
	return nil
}
