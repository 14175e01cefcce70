package main

import "realtime/bench/process"

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

// grown measures work and by how much the server's memory is larger when all is quiet after it.
func (t *target) grown(work func() (int64, error)) (process.Sample, error) {
	before, err := process.SettledPSS(t.pids[0])
	if err != nil {
		return process.Sample{}, err
	}
	s, err := t.measure(work)
	if err != nil {
		return s, err
	}
	after, err := process.SettledPSS(t.pids[0])
	s.Bytes = after - before
	return s, err
}
