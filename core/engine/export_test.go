package engine

import "time"

// ExpectCrossings lets a poll be as long as d on its way after its client's goodbye. Before the first session.
func (s *Server) ExpectCrossings(d time.Duration) { s.crossing = d }

// Polled reports whether a poll waits: for tests that must not answer it.
func (s *Session) Polled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.poll != nil
}

// Streaming reports whether a stream carries the session.
func (s *Session) Streaming() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.roam.stream != nil
}

// Carried reports whether the session has a WebSocket.
func (s *Session) Carried() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ws != nil
}

// Posts is how many POSTs are being taken in, or wait.
func (s *Session) Posts() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for up := s.post; up != nil; up = up.next {
		n++
	}
	return n
}

// Paused reports whether the client is not read.
func (s *Session) Paused() bool { return s.isPaused() }
