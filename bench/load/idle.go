package main

import (
	"time"

	"realtime/bench/process"
)

// idle connects clients that then do nothing, and measures the memory each takes. Its samples' CPU
// is that of connecting, by a server that may be cold.
type idle struct {
	target  *target
	clients int
}

func (b *idle) prepare() error { return nil }

func (b *idle) round() (process.Sample, error) {
	return b.target.grown(func() (int64, error) {
		h := &cohort{target: b.target, packet: ignore}
		_, err := crowd(h, b.clients)
		return int64(b.clients), err
	})
}

const (
	// stillBefore is for a server that has just started, stillAfter for one that has worked.
	stillBefore = time.Second
	stillAfter  = 4 * time.Second
)

// grown measures work and by how much the server's memory is larger when all is quiet after it.
func (t *target) grown(work func() (int64, error)) (process.Sample, error) {
	before, err := process.SettledPSS(t.pids[0], stillBefore)
	if err != nil {
		return process.Sample{}, err
	}
	s, err := t.measure(work)
	if err != nil {
		return s, err
	}
	after, err := process.SettledPSS(t.pids[0], stillAfter)
	s.Bytes = after - before
	return s, err
}
