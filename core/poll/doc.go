// Package poll keeps idle connections at no cost and wakes their owners.
//
// A parked connection (Conn) holds no goroutine, no buffer and no timer: 80 bytes besides its
// net.Conn. Its owner arms it for reading, for writing, or for nothing but the peer's leaving; when
// that happens the owner's Ready is called once on a pooled goroutine, reads and writes what it can
// without blocking, arms again and returns. A Wheel calls owners whose deadline has come.
//
//	nc ── Add ──▶ Conn ── Arm ──▶ source ── event ──▶ pool ── Ready ──▶ owner ── Arm ─▶ …
//	                └─ Release gives the net.Conn back, Close ends it
//
// # How events travel
//
// The source of events differs by system: on Linux an epoll set, elsewhere (or with the build tag
// pollgoroutine) one goroutine for each armed connection. Everything else is common. A source
// raises bits in the connection's state word (state.go); when they meet what the Conn is armed for,
// whoever raised the last bit queues it. The queue is threaded through the connections, each is in
// it at most once, and at most Config.Workers goroutines take from its head.
//
// # Choices, and what was measured
//
// CPU of the server process for one echo of 100 bytes, in microseconds; clients in a process of
// their own, 2 busy cores, the range of six runs. A good part of each figure is the echo's own
// read and write.
//
//	                                          1 client   10 clients   1,000 clients
//	pool, set in the runtime's poller (this)    21-28       8-11          10-13
//	handlers in the loop                        13-16       9-11          13-15
//	pool, a thread blocked in epoll_wait        24-74      12-17          14-17
//	pool, dup'ed descriptors                    22-30      10-11          12-14
//	a goroutine for each client                 13-22       8-11          14-15
//
// A pool, not handlers in the loop. A lone message costs some microseconds more, because starting
// a worker wakes a second processor; from ten clients on nothing is lost, and a handler that
// writes to thousands of clients does not hold up everybody behind it. Several loops that run
// handlers and hand over when one takes long would need a watchdog to win those microseconds on
// a machine that is idle anyway. A worker is a fresh goroutine that ends when the queue is empty:
// the runtime keeps ended goroutines for the next start, so this needs no policy for shrinking,
// and an idle pool holds nothing. Its queue is one lock; machines with more than eight processors
// get one set, queue and pool for each eight (reckoned, not measured).
//
// A set that is itself polled. The loop waits for its epoll set in the runtime's poller, holds no
// thread and, as measured, is cheaper than a blocked thread.
//
// The raw connection, not a dup. System calls run inside RawConn.Control, which keeps the
// descriptor open meanwhile, so Close cannot hand its number to another connection half way. That
// the runtime's own epoll set sees each event too costs nothing one can measure. The kernel's
// event carries descriptor and generation; an event of a descriptor's former life is dropped.
//
// Edges, remembered. Descriptors are registered once, edge triggered, and the state word remembers
// what came. One-shot registration would cost an epoll_ctl for each message; here Arm(Read) makes
// no system call, nor does the Read that would find the socket empty after a short one.
//
// # The wheel
//
// Timers are embedded in their owners and linked into slots of 10 ms, 640 ms, 41 s and so on.
// Setting and stopping are O(1) and allocate nothing; the wheel sleeps until the next slot in use.
//
// Any package above ring 0 may import this one; it imports none of the project's.
package poll
