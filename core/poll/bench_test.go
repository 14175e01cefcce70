package poll

import (
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"
)

// BenchmarkEcho is the round trip of 100 bytes; the clients share the process, so half of it is theirs.
func BenchmarkEcho(b *testing.B) {
	for _, clients := range []int{1, 1000} {
		b.Run(fmt.Sprint(clients, "clients"), func(b *testing.B) {
			p := startPoller(b, Config{})
			ln := listen(b, "tcp")
			go serveEcho(b, p, ln, func() {})
			rounds := make(chan struct{}, b.N)
			for range b.N {
				rounds <- struct{}{}
			}
			close(rounds)
			var wg sync.WaitGroup
			begin := make(chan struct{})
			for range clients {
				nc := dial(b, ln)
				_ = nc.SetDeadline(time.Time{})
				wg.Go(func() {
					message := make([]byte, 100)
					<-begin
					for range rounds {
						_, err := nc.Write(message)
						if err == nil {
							_, err = io.ReadFull(nc, message)
						}
						if err != nil {
							b.Error(err)
						}
					}
				})
			}
			b.ReportAllocs()
			b.ResetTimer()
			close(begin)
			wg.Wait()
		})
	}
}

// BenchmarkPark reports the heap of one parked connection: the Conn, its RawConn, its place in the
// table, and the listener's net.Conn.
func BenchmarkPark(b *testing.B) {
	p := startPoller(b, Config{})
	ln := listen(b, "unix")
	const parked = 500
	var before, after runtime.MemStats
	for b.Loop() {
		conns := make([]*Conn, parked)
		handler := handlerFunc(func(Event) {})
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range conns {
			server, client := pair(b, ln)
			c, err := p.Add(server, handler)
			if err != nil {
				b.Fatal(err)
			}
			_ = c.Arm(Read)
			_ = client
			conns[i] = c
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		for _, c := range conns {
			_ = c.Close()
		}
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/parked, "B/pair")
}

// BenchmarkWheel is one Set of one of 100,000 running timers.
func BenchmarkWheel(b *testing.B) {
	w, _ := startWheel(b)
	timers := make([]Timer, 100_000)
	now := time.Now()
	for i := range timers {
		timers[i].Init(expirerFunc(func(time.Time) {}))
		w.Set(&timers[i], now.Add(25*time.Second+time.Duration(i)*time.Millisecond))
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i + 7919) % len(timers)
		w.Set(&timers[i], now.Add(25*time.Second+time.Duration(i)*time.Millisecond))
	}
}

// BenchmarkWheel_expiry is the whole life of 100,000 timers: set, moved to finer slots, called.
func BenchmarkWheel_expiry(b *testing.B) {
	for b.Loop() {
		w := NewWheel()
		timers := make([]Timer, 100_000)
		expired := 0
		count := expirerFunc(func(time.Time) { expired++ })
		for i := range timers {
			timers[i].Init(count)
			w.Set(&timers[i], w.start.Add(25*time.Second+time.Duration(i)*time.Millisecond/10))
		}
		w.collect(w.floor(w.start.Add(time.Hour)))
		for t := w.pop(); t != nil; t = w.pop() {
			t.owner.Expired(w.start)
		}
		if expired != len(timers) {
			b.Fatal(expired)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/timer")
}

// BenchmarkTransfer compares a pooled callback with a literal, which is what the pool is for.
func BenchmarkTransfer(b *testing.B) {
	p := newPoller(b, Config{})
	c, _, _ := park(b, p, "unix")
	b.Run("pooled", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = c.Pending()
		}
	})
	b.Run("literal", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			t := &transfer{kind: opPeek}
			_ = c.raw.Control(func(fd uintptr) { t.call(fd) })
		}
	})
}
