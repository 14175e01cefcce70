package hub

import "sync/atomic"

// stats are what the hub counts.
type stats struct{ recovered, notRecovered atomic.Int64 }

// Stats are counts since the hub was made, and how things are now.
type Stats struct {
	Recovered    int64 // sockets that their clients came back for
	NotRecovered int64 // those that could have been, and ended: nobody came, or more was missed than is kept
	Parked       int64 // now: sockets whose clients may come back
}

// Stats returns the counts.
func (h *Hub) Stats() Stats {
	return Stats{
		Recovered:    h.stats.recovered.Load(),
		NotRecovered: h.stats.notRecovered.Load(),
		Parked:       h.parked.Load(),
	}
}
