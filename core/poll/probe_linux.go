//go:build linux && pollgoroutine

package poll

import "golang.org/x/sys/unix"

// probe asks the kernel what a descriptor is ready for, without waiting.
func probe(fd int) Event {
	set := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN | unix.POLLOUT | unix.POLLRDHUP}}
	if _, err := unix.Poll(set, 0); err != nil {
		return Readable | Writable // the system call that follows tells the truth
	}
	var e Event
	bits := set[0].Revents
	if bits&unix.POLLIN != 0 {
		e |= Readable
	}
	if bits&unix.POLLOUT != 0 {
		e |= Writable
	}
	if bits&unix.POLLRDHUP != 0 {
		e |= Readable | HangUp
	}
	if bits&(unix.POLLHUP|unix.POLLERR) != 0 {
		e |= Readable | Writable | HangUp
	}
	return e
}
