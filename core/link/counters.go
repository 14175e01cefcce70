package link

import (
	"sync/atomic"
	"time"

	"realtime/core/protocol/rpc"
)

// drop is why something was lost for good. Loss is counted and logged, never silent.
type drop uint8

const (
	dropNode       drop = iota // the node's limit of waiting events
	dropAge                    // nobody came to take it
	dropDied                   // its worker died, and redelivery was not asked for or is used up
	dropDisconnect             // the limit of waiting disconnects
	dropReasons
)

var dropTexts = [dropReasons]string{
	dropNode:       "events of clients dropped: too many are waiting for the app (event_count, event_bytes)",
	dropAge:        "events of clients dropped: no worker came to take them (event_age)",
	dropDied:       "events of clients lost with the worker that had them",
	dropDisconnect: "disconnects dropped: too many are waiting for the app (disconnects); it should ask for the sockets there are",
}

// dropLogPause is between two lines about the same loss.
const dropLogPause = 10 * time.Second

// counters count since the start.
type counters struct {
	drops                                          [dropReasons]atomic.Int64
	lines                                          [dropReasons]dropLine
	unhooked                                       dropLine
	accepted, refused, abandoned, connectTimeouts  atomic.Int64
	invalidNamespaces, tokensRefused, expired      atomic.Int64
	given, timeouts, late, failures, redelivered   atomic.Int64
	acks, oversized                                atomic.Int64
	emits, rejected, repeated, busy                atomic.Int64
	serverEvents, serverEventsDropped              atomic.Int64
	connections, refusedConnections, brokenStreams atomic.Int64
}

// dropLine is the log line about one loss: the first at once, then sums.
type dropLine struct {
	next  atomic.Int64 // ms since 1970
	since atomic.Int64 // not logged yet
}

// due reports whether a line may be written now, and counts it as written.
func (d *dropLine) due() bool {
	now, next := time.Now().UnixMilli(), d.next.Load()
	return now >= next && d.next.CompareAndSwap(next, now+dropLogPause.Milliseconds())
}

// report counts and logs what a change of the routing has lost.
func (l *Link) report(s *steps) {
	for reason, n := range s.drops {
		if n == 0 {
			continue
		}
		l.counters.drops[reason].Add(int64(n))
		line := &l.counters.lines[reason]
		line.since.Add(int64(n))
		if line.due() {
			l.log.Warn(dropTexts[reason], "count", line.since.Swap(0))
		}
	}
	if s.unasked != "" {
		l.log.Warn("clients are let in unasked: no worker has a connect hook; define one, or set connect: open to say that this is meant",
			"namespace", s.unasked)
	}
	if s.unhooked != "" && l.counters.unhooked.due() {
		l.log.Warn("nobody is let in: no process has the connect hook any more that one had before, or that connect: ask wants; "+
			"if nobody is to be asked from now on, set connect: open, or start the sidecar anew",
			"namespace", s.unhooked)
	}
	if s.secretsDropped {
		l.log.Warn("the app's processes have brought more different secrets for tokens than are tried; the oldest do not count")
	}
}

// Stats is what a Link is doing and has done since its start.
type Stats struct {
	Workers        int // connections that have said hello, of any role
	Handlers       int // those that take connects and events
	Unanswered     int // requests that workers hold
	Lanes          int // sockets for which something is pending
	Events         int // waiting
	EventBytes     int
	Disconnects    int // waiting
	Deferred       int // acks that the app still owes
	Accepted       int64
	Refused        int64
	Abandoned      int64 // clients sent away to come back
	Dropped        int64 // events of clients
	LostOnDeath    int64 // of these, given to a worker that died
	LostDisconnect int64
	Timeouts       int64 // of handlers
	Failures       int64 // handlers that raised
	Redelivered    int64
	Emits          int64
	Rejected       int64
	Connections    int64
	Broken         int64 // connections ended for breaking a rule
}

// Stats returns the current numbers.
func (l *Link) Stats() Stats {
	c := &l.counters
	st := Stats{
		Deferred:       l.deferred.len(),
		Accepted:       c.accepted.Load(),
		Refused:        c.refused.Load() + c.invalidNamespaces.Load(),
		Abandoned:      c.abandoned.Load(),
		Dropped:        c.drops[dropNode].Load() + c.drops[dropAge].Load() + c.drops[dropDied].Load() + c.oversized.Load(),
		LostOnDeath:    c.drops[dropDied].Load(),
		LostDisconnect: c.drops[dropDisconnect].Load(),
		Timeouts:       c.timeouts.Load() + c.connectTimeouts.Load(),
		Failures:       c.failures.Load(),
		Redelivered:    c.redelivered.Load(),
		Emits:          c.emits.Load(),
		Rejected:       c.rejected.Load(),
		Connections:    c.connections.Load(),
		Broken:         c.brokenStreams.Load(),
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	st.Workers, st.Handlers, st.Lanes = len(l.workers), l.handlers, len(l.lanes)
	st.Events, st.EventBytes, st.Disconnects = l.events, l.bytes, l.disconnects
	for w := range l.workers {
		st.Unanswered += w.load
	}
	return st
}

// counterList is the answer to the method stats.
func (l *Link) counterList() rpc.Counters {
	s := l.Stats()
	list := rpc.Counters{
		{Name: "workers", Value: int64(s.Workers)},
		{Name: "handlers", Value: int64(s.Handlers)},
		{Name: "unanswered", Value: int64(s.Unanswered)},
		{Name: "lanes", Value: int64(s.Lanes)},
		{Name: "events_waiting", Value: int64(s.Events)},
		{Name: "event_bytes_waiting", Value: int64(s.EventBytes)},
		{Name: "disconnects_waiting", Value: int64(s.Disconnects)},
		{Name: "acks_deferred", Value: int64(s.Deferred)},
		{Name: "connects_accepted", Value: s.Accepted},
		{Name: "connects_refused", Value: s.Refused},
		{Name: "connects_abandoned", Value: s.Abandoned},
		{Name: "connects_refused_by_token", Value: l.counters.tokensRefused.Load()},
		{Name: "sockets_expired", Value: l.counters.expired.Load()},
		{Name: "events_given", Value: l.counters.given.Load()},
		{Name: "events_dropped", Value: s.Dropped},
		{Name: "events_lost_with_worker", Value: s.LostOnDeath},
		{Name: "events_redelivered", Value: s.Redelivered},
		{Name: "disconnects_dropped", Value: s.LostDisconnect},
		{Name: "handler_timeouts", Value: s.Timeouts},
		{Name: "handler_failures", Value: s.Failures},
		{Name: "answers_late", Value: l.counters.late.Load()},
		{Name: "acks_sent", Value: l.counters.acks.Load()},
		{Name: "emits", Value: s.Emits},
		{Name: "emits_rejected", Value: s.Rejected},
		{Name: "emits_repeated", Value: l.counters.repeated.Load()},
		{Name: "requests_busy", Value: l.counters.busy.Load()},
		{Name: "server_events", Value: l.counters.serverEvents.Load()},
		{Name: "server_events_dropped", Value: l.counters.serverEventsDropped.Load()},
		{Name: "connections", Value: s.Connections},
		{Name: "connections_refused", Value: l.counters.refusedConnections.Load()},
		{Name: "connections_broken", Value: s.Broken},
	}
	h := l.hub.Stats()
	list = append(list,
		rpc.Counter{Name: "recovered", Value: h.Recovered},
		rpc.Counter{Name: "not_recovered", Value: h.NotRecovered},
		rpc.Counter{Name: "parked", Value: h.Parked},
	)
	for _, e := range l.hub.Encodings() {
		list = append(list, rpc.Counter{Name: "encodings_" + e.Form, Value: e.Count})
	}
	return list
}
