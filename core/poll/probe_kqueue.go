//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package poll

import "golang.org/x/sys/unix"

// probe asks the kernel what a descriptor is ready for, without waiting. A queue that lives for
// one question is the only way that also sees, behind unread bytes, that the peer left.
func probe(fd int) Event {
	const unknown = Readable | Writable // the system call that follows tells the truth
	queue, err := unix.Kqueue()
	if err != nil {
		return unknown
	}
	defer func() { _ = unix.Close(queue) }()
	var changes, events [2]unix.Kevent_t
	unix.SetKevent(&changes[0], fd, unix.EVFILT_READ, unix.EV_ADD)
	unix.SetKevent(&changes[1], fd, unix.EVFILT_WRITE, unix.EV_ADD)
	n, err := unix.Kevent(queue, changes[:], events[:], &unix.Timespec{})
	if err != nil {
		return unknown
	}
	var e Event
	for _, event := range events[:n] {
		switch {
		case event.Flags&unix.EV_ERROR != 0:
			e |= Readable | Writable | HangUp
		case event.Filter == unix.EVFILT_READ:
			e |= Readable
		default:
			e |= Writable
		}
		if event.Flags&unix.EV_EOF != 0 {
			e |= Readable | HangUp
		}
	}
	return e
}
