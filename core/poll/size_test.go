//go:build linux && !pollgoroutine && !race

package poll

import (
	"testing"
	"time"
	"unsafe"
)

// What a parked connection costs is what this package is for. The race detector makes pools drop
// things, so these tests run without it.

func TestSize_of_a_parked_connection(t *testing.T) {
	if size := unsafe.Sizeof(Conn{}); size > 80 {
		t.Errorf("a Conn takes %d bytes", size)
	}
	if size := unsafe.Sizeof(Timer{}); size > 48 {
		t.Errorf("a Timer takes %d bytes", size)
	}
}

func TestNothing_is_allocated_per_call(t *testing.T) {
	p := startPoller(t, Config{})
	c, client, calls := park(t, p, "unix")
	b := make([]byte, 64)
	frames := [][]byte{b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b}
	check := func(name string, f func()) {
		t.Helper()
		if n := testing.AllocsPerRun(100, f); n >= 1 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
	check("Arm for a hang-up", func() { arm(t, c, 0) })
	check("Arm for Write", func() { arm(t, c, Write); <-calls })
	check("Write and Writev", func() {
		_, _ = c.Write(b)
		_, _ = c.Writev(frames)
	})
	check("a message", func() {
		_, _ = client.Write(b)
		arm(t, c, Read)
		<-calls
		_, _ = c.Read(b)
		_ = c.Pending()
	})
	w, _ := startWheel(t)
	var timer Timer
	timer.Init(expirerFunc(func(time.Time) {}))
	at := time.Now()
	check("Set and Stop", func() {
		at = at.Add(time.Second)
		w.Set(&timer, at)
		w.Stop(&timer)
	})
}
