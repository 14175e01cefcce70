package main

import "time"

// connecting is how many connects are begun at a time: enough to keep a server busy, few enough for
// every server's accept queue.
const connecting = 64

// crowd connects n clients and returns when all have joined. The cohort's other callbacks must be
// set; joined is crowd's.
func crowd(h *cohort, n int) ([]*client, error) {
	clients := make([]*client, 0, n)
	in := 0
	begin := func() error {
		if len(clients) == n {
			return nil
		}
		c, err := h.connect()
		clients = append(clients, c)
		return err
	}
	h.joined = func(*client) error {
		in++
		return begin()
	}
	for range min(n, connecting) {
		if err := begin(); err != nil {
			return nil, err
		}
	}
	err := h.target.loop.run(time.Time{}, func() bool { return in == n })
	return clients, err
}

// ignore takes packets that do not matter.
func ignore(*client, []byte) error { return nil }
