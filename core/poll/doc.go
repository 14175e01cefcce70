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
// Edges, remembered. Descriptors are registered once, edge triggered, and the state word remembers
// what came. One-shot registration would cost an epoll_ctl for each message; here Arm(Read) makes no
// system call, nor does the Read that would find the socket empty after a short one.
//
// The raw connection, not a dup. System calls run inside RawConn.Control, which keeps the descriptor
// open meanwhile, so Close cannot hand its number to another connection half way. The price is that
// the runtime's own epoll set also sees each event: echoing over a dup'ed descriptor cost 5-10 % less
// CPU. The kernel's event carries descriptor and generation; an event of a former life is dropped.
//
// A set that is itself polled. The loop waits for its epoll set in the runtime's poller, so it holds
// no thread. A thread blocked in epoll_wait was slower in most runs and never faster beyond noise.
//
// A pool, not handlers in the loop. CPU of the server for one echo of 100 bytes, in µs, on 2 shared
// cores (the range of six runs; two thirds of each figure are the echo's own read and write):
//
//	                          1 client    10 clients    1,000 clients
//	pool, runtime's poller     14-18         10-11          13-17
//	in the loop                11-16          9-11          13-17
//	a goroutine per client      7-10          5-10           9-13
//
// Running handlers in the loop saves little, and one that writes to thousands of clients would hold
// up everybody behind it, so the loop only queues. A worker is a fresh goroutine that ends when the
// queue is empty: the runtime keeps ended goroutines for the next start, so this is as cheap as
// parking them, needs no policy for shrinking, and an idle pool holds nothing. The queue is one lock;
// machines with more than eight processors get one epoll set, queue and pool for each eight.
//
// A Read that asks again after a full buffer, and Pending, are the only calls for nothing.
//
// # The wheel
//
// Timers are embedded in their owners and linked into slots of 10 ms, 640 ms, 41 s and so on. Setting
// and stopping are O(1) and allocate nothing; the wheel sleeps until the next slot in use.
//
// Any package above ring 0 may import this one; it imports none of the project's.
package poll
