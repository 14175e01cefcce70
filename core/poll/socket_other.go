//go:build !linux

package poll

import "golang.org/x/sys/unix"

// vector writes one buffer after the other where writev is not at hand: correct, not fast.
type vector struct{}

func (*vector) write(fd int, bufs [][]byte) (int, error) {
	total := 0
	for _, b := range bufs {
		if len(b) == 0 {
			continue
		}
		n, err := unix.Write(fd, b)
		if err != nil {
			if total > 0 {
				return total, nil // short: the caller reports it as would-block
			}
			return 0, err
		}
		total += n
		if n < len(b) {
			break
		}
	}
	return total, nil
}

// peek looks at one byte without taking it.
func peek(fd int, b *[1]byte) (int, error) {
	n, _, err := unix.Recvfrom(fd, b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return n, err
}
