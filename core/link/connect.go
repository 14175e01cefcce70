package link

import (
	"slices"
	"time"

	"realtime/core/hub"
	"realtime/core/protocol/rpc"
)

const (
	// invalidNamespace is Socket.IO's own text for a namespace that does not exist.
	invalidNamespace = "Invalid namespace"

	// maxConnectAttempts is how many workers may die of one question before the client is sent
	// away to come back.
	maxConnectAttempts = 3

	// forcedClose is what an app hears of a socket that it accepted too late (engine.ForcedClose).
	forcedClose = "forced close"
)

// connect takes the question of a new socket.
func (l *Link) connect(s socket, auth []byte) {
	if hub.IsPattern(s.Namespace()) { // nobody serves it, and what is said to it would reach others
		l.counters.invalidNamespaces.Add(1)
		l.update(func(*steps) { l.rejected.add(s.ID()) })
		s.Refuse(invalidNamespace, nil)
		return
	}
	shown := rpc.DecodeAuth(auth)
	judge := l.toJudge(shown)
	if l.cfg.ConnectMode == ConnectOpen && !judge {
		s.Accept(hub.Grant{})
		return
	}
	l.update(func(st *steps) {
		ln := l.laneOf(s)
		t := newTask(connecting, ln)
		t.auth, t.credentials.Auth, t.unjudged = auth, shown, judge
		l.push(ln, t)
		if judge {
			l.setDue(t, t.arrived.Add(l.cfg.AppGrace))
			st.judges = append(st.judges, t)
			return
		}
		l.await(st, t)
	})
}

// await brings a question to the app, or has it wait for one. The caller holds l.mu.
func (l *Link) await(st *steps, t *task) {
	l.move(st, t.lane)
	if t.progress != waiting {
		return
	}
	now := time.Now()
	if at := l.connectDue(t, now); at.After(now) {
		l.setDue(t, at)
	} else {
		l.connectOverdue(st, t, now)
	}
}

// mayEnterUnasked says whether this namespace has nobody to ask. The caller holds l.mu.
func (l *Link) mayEnterUnasked(s *steps, n *namespace) bool {
	if l.cfg.ConnectMode != ConnectApp || n.hooked || len(n.workers) == 0 {
		return false
	}
	if l.cfg.Production && !l.warnedUnasked {
		l.warnedUnasked = true
		s.unasked = n.name
	}
	return true
}

// connectDue is when the patience with a waiting connect ends: when its namespace turns out to be
// nobody's, or after app_grace. The caller holds l.mu.
func (l *Link) connectDue(t *task, now time.Time) time.Time {
	due := t.arrived.Add(l.cfg.AppGrace)
	if since := l.unservedSince(t.lane.namespace); !since.IsZero() {
		if refuse := since.Add(l.cfg.AppGrace); refuse.Before(due) {
			return latest(refuse, now)
		}
	}
	return due
}

// connectOverdue gives a question up, or waits on if meanwhile something has changed. The caller
// holds l.mu.
func (l *Link) connectOverdue(s *steps, t *task, now time.Time) {
	if t.progress == given {
		t.progress = settling
		l.counters.connectTimeouts.Add(1)
		l.abandon(s, t, "the app did not answer within connect_timeout", true)
		return
	}
	if t.unjudged {
		l.abandon(s, t, "nobody has brought a key to verify its token by within app_grace", false)
		return
	}
	since := l.unservedSince(t.lane.namespace)
	switch {
	case !since.IsZero() && now.Sub(since) >= l.cfg.AppGrace:
		l.counters.invalidNamespaces.Add(1)
		s.refusals = append(s.refusals, t)
		l.rejected.add(t.lane.socket.ID())
		l.removeAll(s, t.lane)
	case now.Sub(t.arrived) >= l.cfg.AppGrace:
		why := "no worker within app_grace"
		switch n := t.lane.namespace; {
		case len(n.workers) > 0 && !slices.ContainsFunc(n.workers, func(w *worker) bool { return w.hello.ConnectHook }):
			why = "no worker with a connect hook came within app_grace"
			s.unhooked = n.name
		case len(n.workers) > 0:
			why = "no worker with a connect hook had room within app_grace"
		}
		l.abandon(s, t, why, false)
	default:
		l.setDue(t, l.connectDue(t, now))
	}
}

// abandon sends a client away so that it comes back, with what it has sent already. failed says that the
// app was there. The caller holds l.mu.
func (l *Link) abandon(s *steps, t *task, why string, failed bool) {
	l.counters.abandoned.Add(1)
	s.abandons = append(s.abandons, abandoned{t.lane.socket, why, failed})
	l.rejected.add(t.lane.socket.ID())
	l.removeAll(s, t.lane)
}

// connectAnswered takes the app's answer to a question. late says that it was given up.
func (l *Link) connectAnswered(t *task, f rpc.Frame, late bool) {
	s := t.lane.socket
	if f.Error != nil {
		e, _ := rpc.DecodeError(f.Error)
		if late {
			return
		}
		if e.Code == rpc.CodeRefused {
			l.counters.refused.Add(1)
			s.Refuse(e.Message, e.Data)
			l.update(func(st *steps) {
				l.rejected.add(s.ID())
				l.removeAll(st, t.lane)
			})
			return
		}
		l.log.Warn("the app could not decide about a client", "namespace", s.Namespace(), "socket", s.ID(),
			"code", e.Code, "err", e.Message)
		l.update(func(st *steps) { l.abandon(st, t, "the connect hook failed", true) })
		return
	}
	g, err := rpc.DecodeGrant(f.Result)
	if late {
		l.acceptedTooLate(s, g)
		return
	}
	if err != nil {
		l.log.Error("the app's answer to a connect cannot be read", "namespace", s.Namespace(), "socket", s.ID(), "err", err)
		l.update(func(st *steps) { l.abandon(st, t, "the answer to connect cannot be read", true) })
		return
	}
	l.counters.accepted.Add(1)
	var expires time.Time
	if g.Expires > 0 {
		expires = time.UnixMilli(g.Expires)
	}
	l.admit(t, hub.Grant{Rooms: g.Rooms, User: g.User, Login: g.Login, Data: owned(g.Data)}, expires)
	l.update(func(st *steps) { l.settled(st, t) })
}

// acceptedTooLate keeps the promise that each accepted connect is followed by one disconnect: the
// client was sent away before the answer came, so the hub knows nothing of it.
func (l *Link) acceptedTooLate(s socket, g rpc.Grant) {
	end := ending{reason: forcedClose, rooms: g.Rooms, login: g.Login, data: owned(g.Data)}
	if g.User != nil {
		end.user = *g.User
	}
	l.disconnect(s, &end)
}

// owned copies what outlives the frame it came in.
func owned(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append(make([]byte, 0, len(b)), b...)
}
