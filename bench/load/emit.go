package main

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"realtime/bench/process"
)

// burst is how many emits the app is asked for at a time: so many that being asked costs nothing beside them.
const burst = 200

// emit has clients to whom the app emits, as often as one of them says. What is counted is emits, each of
// which has reached every client.
type emit struct {
	target  *target
	o       options
	request []byte
	clients []*client
	news    []byte // how the packet of an emit begins
	missing int    // deliveries of this burst
}

func newEmit(t *target, o options) *emit {
	return &emit{
		target: t, o: o, news: []byte(`2["news","`),
		request: frame(opText, fmt.Sprintf(`42["publish",%d,"%s"]`, burst, strings.Repeat("x", o.bytes))),
	}
}

func (b *emit) prepare() error {
	h := &cohort{target: b.target, packet: b.packet}
	var err error
	if b.clients, err = crowd(h, b.o.clients); err != nil {
		return err
	}
	_, err = b.round() // warm
	return err
}

func (b *emit) round() (process.Sample, error) {
	return b.target.measure(func() (int64, error) {
		var emits int64
		for end := time.Now().Add(b.o.seconds); time.Now().Before(end); emits += burst {
			b.missing = burst * len(b.clients)
			if err := b.clients[0].conn.write(b.request); err != nil {
				return emits, err
			}
			if err := b.target.loop.run(time.Time{}, func() bool { return b.missing == 0 }); err != nil {
				return emits, err
			}
		}
		return emits, nil
	})
}

func (b *emit) packet(_ *client, packet []byte) error {
	if !bytes.HasPrefix(packet, b.news) {
		return fmt.Errorf("%s: %.100q in the place of an emit", b.target.name, packet)
	}
	b.missing--
	return nil
}
