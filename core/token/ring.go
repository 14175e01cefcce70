package token

import (
	"bytes"
	"slices"
)

// A Ring holds the secrets that app processes have brought: those of everyone who is there, and those
// of the newest who brought any, also when that one has gone. So clients can come back with their
// tokens while the app restarts, and a secret that was replaced stops counting when the last process
// that names it has gone.
//
// Concurrency: none of its own; whoever owns it brings the lock.
type Ring struct {
	holders []holder // newest first
	newest  [][]byte
}

type holder struct {
	id   any
	keys [][]byte
}

// Add notes what a process has brought, in its order: the newest of its secrets first. The keys are
// kept. A process without any changes nothing.
func (r *Ring) Add(id any, keys [][]byte) {
	if len(keys) == 0 {
		return
	}
	r.newest = keys
	r.holders = slices.Insert(r.holders, 0, holder{id, keys})
}

// Remove notes that a process has gone, and reports whether it had brought any.
func (r *Ring) Remove(id any) bool {
	before := len(r.holders)
	r.holders = slices.DeleteFunc(r.holders, func(h holder) bool { return h.id == id })
	return len(r.holders) < before
}

// Keys returns the different secrets that count, those of the newest process first, in a list of its
// own. dropped says that there were more than are tried, and that the oldest are not among them.
func (r *Ring) Keys() (keys [][]byte, dropped bool) {
	add := func(more [][]byte) {
		for _, key := range more {
			switch {
			case slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, key) }):
			case len(keys) == maxKeys:
				dropped = true
			default:
				keys = append(keys, key)
			}
		}
	}
	add(r.newest)
	for _, h := range r.holders {
		add(h.keys)
	}
	return keys, dropped
}
