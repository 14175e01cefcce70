package engine

import (
	"context"
	"time"

	"realtime/core/protocol/engineio"
)

// Shutdown opens no more sessions and closes those there are with ServerShutdown, spread evenly over
// the given time so that the clients do not come back as one. It returns when the floor above has
// heard of the last one's end, or ctx ends. It may be called once.
func (s *Server) Shutdown(ctx context.Context, spread time.Duration) error {
	s.mu.Lock()
	s.stopping = true
	list := make([]*Session, 0, len(s.sessions))
	for _, sess := range s.sessions {
		list = append(list, sess)
	}
	empty := make(chan struct{})
	if s.unreported == 0 {
		close(empty)
	} else {
		s.empty = empty
	}
	s.mu.Unlock()

	begin := time.Now()
	for i, sess := range list {
		due := begin.Add(spread * time.Duration(i) / time.Duration(len(list)))
		if wait := time.Until(due); wait > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done(): // no time left: all at once
			}
		}
		sess.shut()
	}
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shut closes a session because the node stops. A poll that does not wait now is not waited for: the
// client's next one finds another node, or none.
func (s *Session) shut() {
	s.mu.Lock()
	waits := s.poll != nil || s.conn.Carrier() == engineio.WebSocket
	s.mu.Unlock()
	if waits {
		s.Close(ServerShutdown)
		return
	}
	s.end(ServerShutdown, "")
}
