package hub

// A life is where a socket is between the question and its end: a set of the marks below.
// client.mu guards it.
type life uint16

const (
	// accepted: the application has let it in, or tried to; one Disconnect is due at the end.
	accepted life = 1 << iota

	// welcomed: its CONNECT answer is on the way, so a farewell would come after it.
	welcomed

	// left: out of the namespace and the session. No event of it is dispatched any more.
	left

	// farewell: left by our doing before it was welcomed; Accept sends both one after the other,
	// since a client must get an answer to its CONNECT.
	farewell

	// busy: the session is in a call to the application for this socket, so Disconnect has to wait
	// until that has returned, and is then made by the session.
	busy

	// reported: Disconnect is called, or about to be.
	reported

	// paused: the session is not read because of this socket.
	paused

	// resumed: Resume came while busy, perhaps before the answer that it undoes.
	resumed

	// parked: its session is over, and it waits for its client to come back; claimed: the client is
	// there, and the application is being asked.
	parked
	claimed
)

func (l life) has(mark life) bool { return l&mark != 0 }

// reportDue claims the one call of Disconnect if everything has come together for it: then the
// caller must make it. The caller holds client.mu.
func (s *Socket) reportDue() bool {
	if s.life&(accepted|left|busy|reported) != accepted|left {
		return false
	}
	s.life |= reported
	return true
}
