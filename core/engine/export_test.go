package engine

// Polled reports whether a poll waits: for tests that must not answer it.
func (s *Session) Polled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.poll != nil
}
