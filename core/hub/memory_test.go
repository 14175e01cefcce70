//go:build !race

package hub

import "testing"

// TestMemory_of_an_idle_socket holds the ceiling; the race detector pads what it watches.
func TestMemory_of_an_idle_socket(t *testing.T) {
	const ceiling = 400
	if got := bytesPerSocket(t, []string{"room"}); got > ceiling {
		t.Errorf("%.0f bytes per joined socket in one room, the ceiling is %d", got, ceiling)
	}
}
