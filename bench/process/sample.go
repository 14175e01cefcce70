package process

// Sample is what one round of one target came to: the line of JSON the load generator prints.
type Sample struct {
	Target  string    `json:"target"`
	Count   int64     `json:"count"`   // messages, cycles, connections
	Seconds float64   `json:"seconds"` // it took
	CPU     []float64 `json:"cpu"`     // microseconds, of each of the target's processes
	Bytes   int64     `json:"bytes"`   // of memory more than before; only where memory is measured
}
