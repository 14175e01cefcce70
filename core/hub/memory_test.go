//go:build !race

package hub

import "testing"

// TestMemory_of_an_idle_socket holds the ceiling; the race detector pads what it watches.
func TestMemory_of_an_idle_socket(t *testing.T) {
	const ceiling = 400
	// What other tests have left behind may be freed, or not, while it is measured.
	got := bytesPerSocket(t, []string{"room"})
	for range 4 {
		got = min(got, bytesPerSocket(t, []string{"room"}))
	}
	if got > ceiling {
		t.Errorf("%.0f bytes per joined socket in one room, the ceiling is %d", got, ceiling)
	}
}
