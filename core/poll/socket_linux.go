package poll

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// vector is the kernel's list of buffers, kept between calls. unix.Writev builds a new one each
// time, which for the dozens of frames of a flush is an allocation per write.
type vector struct{ list []unix.Iovec }

func (v *vector) write(fd int, bufs [][]byte) (int, error) {
	list := v.list[:0]
	for _, b := range bufs {
		if len(b) == 0 {
			continue
		}
		entry := unix.Iovec{Base: unsafe.SliceData(b)}
		entry.SetLen(len(b))
		list = append(list, entry)
	}
	v.list = list
	n, _, errno := unix.Syscall(unix.SYS_WRITEV, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(list))), uintptr(len(list)))
	clear(list) // frames are not kept alive by a pooled vector
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// peek looks at one byte without taking it. unix.Recvfrom allocates an address that no stream has.
func peek(fd int, b *[1]byte) (int, error) {
	n, _, errno := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(b)), 1,
		unix.MSG_PEEK|unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
