package link

import (
	"sync"
	"time"
)

// memory remembers values by id: the newest, for a while.
//
// Concurrency: safe.
type memory[V any] struct {
	limit int
	age   time.Duration

	mu    sync.Mutex
	known map[string]remembered[V]
	order []mark // oldest first; marks of what was forgotten meanwhile are skipped
	first int    // in order
	count uint64
}

type remembered[V any] struct {
	value V
	turn  uint64
}

type mark struct {
	id   string
	turn uint64
	at   time.Time
}

func newMemory[V any](limit int, age time.Duration) *memory[V] {
	return &memory[V]{limit: limit, age: age, known: make(map[string]remembered[V])}
}

// add remembers v and reports whether the id was new. A known id keeps what it has.
func (m *memory[V]) add(id string, v V) bool {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(now, m.limit)
	if _, ok := m.known[id]; ok {
		return false
	}
	m.forget(now, m.limit-1)
	m.count++
	m.known[id] = remembered[V]{v, m.count}
	m.order = append(m.order, mark{id, m.count, now})
	return true
}

// put remembers v, also in the place of what the id had.
func (m *memory[V]) put(id string, v V) {
	m.take(id)
	m.add(id, v)
}

// get returns what is remembered.
func (m *memory[V]) get(id string) (V, bool) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(now, m.limit)
	r, ok := m.known[id]
	return r.value, ok
}

// take forgets the id and returns what was remembered.
func (m *memory[V]) take(id string) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.known[id]
	delete(m.known, id)
	return r.value, ok
}

// has reports whether the id is remembered.
func (m *memory[V]) has(id string) bool {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(now, m.limit)
	_, ok := m.known[id]
	return ok
}

// len returns how many ids are remembered.
func (m *memory[V]) len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.known)
}

// forget forgets what is too old, and the oldest of more than keep. The caller holds m.mu.
func (m *memory[V]) forget(now time.Time, keep int) {
	for m.first < len(m.order) {
		oldest := m.order[m.first]
		current := m.known[oldest.id].turn == oldest.turn
		if current && len(m.known) <= keep && now.Sub(oldest.at) < m.age && len(m.order)-m.first <= 2*m.limit {
			break
		}
		if current {
			delete(m.known, oldest.id)
		}
		m.order[m.first] = mark{}
		m.first++
	}
	if m.first > len(m.order)/2 {
		n := copy(m.order, m.order[m.first:])
		clear(m.order[n:])
		m.order, m.first = m.order[:n], 0
	}
}
