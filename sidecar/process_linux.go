package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dieWithParent has the kernel end the child when we are killed without a chance to do it ourselves.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}

// reapOrphans takes the exit status of processes that were left to us, which happens when we are the
// first process of a container: without it they stay as zombies. Children of our own are left to
// os/exec. It returns a function that stops it.
func reapOrphans(ours func(pid int) bool) (stop func()) {
	if os.Getpid() != 1 {
		return func() {}
	}
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	done := make(chan struct{})
	var working sync.WaitGroup
	working.Go(func() {
		for {
			select {
			case <-children:
				for reapOne(ours) {
				}
			case <-done:
				return
			}
		}
	})
	return func() {
		signal.Stop(children)
		close(done)
		working.Wait()
	}
}

// siginfo is the kernel's siginfo_t for SIGCHLD on 64-bit machines: three numbers, padding, the
// process.
type siginfo struct {
	_   [16]byte
	pid int32
	_   [108]byte
}

// reapOne takes one orphan's status and reports whether there may be another. It looks before it
// takes: a child that os/exec waits for is not touched.
func reapOne(ours func(pid int) bool) bool {
	var info siginfo
	err := unix.Waitid(unix.P_ALL, 0, (*unix.Siginfo)(unsafe.Pointer(&info)), unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	if err != nil || info.pid == 0 || ours(int(info.pid)) {
		return false
	}
	_, err = unix.Wait4(int(info.pid), nil, unix.WNOHANG, nil)
	return err == nil
}
