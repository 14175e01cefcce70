package main

import (
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dieWithParent has the kernel end the child when we are killed without a chance to do it ourselves.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}

// reaper takes the exit status of processes that were left to us, which happens when we are the first
// process of a container: without it they stay as zombies. As any other process it does nothing.
//
// Concurrency: start and gone may be called from any goroutine, but not start by two.
type reaper struct {
	child   atomic.Int64 // pid of the app, whose status is os/exec's to take; 0: none
	look    chan os.Signal
	done    chan struct{}
	working sync.WaitGroup
}

// beingStarted is the app's pid while it is not known yet: whoever ends then may be the app.
const beingStarted = -1

// startReaper returns a reaper that works until stop.
func startReaper() *reaper {
	r := &reaper{look: make(chan os.Signal, 1), done: make(chan struct{})}
	if os.Getpid() != 1 {
		return r
	}
	signal.Notify(r.look, syscall.SIGCHLD)
	r.working.Go(func() {
		for {
			select {
			case <-r.look:
				for r.reapOne() {
				}
			case <-r.done:
				return
			}
		}
	})
	return r
}

// stop returns when the reaper has stopped.
func (r *reaper) stop() {
	signal.Stop(r.look)
	close(r.done)
	r.working.Wait()
}

// start starts the app's process, which the reaper then leaves alone until gone.
func (r *reaper) start(cmd *exec.Cmd) error {
	r.child.Store(beingStarted)
	err := cmd.Start()
	if err == nil {
		r.child.Store(int64(cmd.Process.Pid))
	} else {
		r.child.Store(0)
	}
	r.lookAgain()
	return err
}

// gone says that os/exec has taken the app's exit status.
func (r *reaper) gone() {
	r.child.Store(0)
	r.lookAgain()
}

// lookAgain makes up for what was passed over while the app's process was in the way.
func (r *reaper) lookAgain() {
	select {
	case r.look <- syscall.SIGCHLD:
	default: // it will look in any case
	}
}

// siginfo is the beginning of the kernel's siginfo_t for SIGCHLD: three numbers, then, aligned as a
// pointer is, the process; 128 bytes in all.
type siginfo struct {
	_     [3]int32
	child struct {
		_   [0]uintptr
		pid int32
	}
	_ [104]byte
}

// reapOne takes one orphan's status and reports whether there may be another. It looks before it
// takes: a process that os/exec waits for is not touched.
func (r *reaper) reapOne() bool {
	var info siginfo
	err := unix.Waitid(unix.P_ALL, 0, (*unix.Siginfo)(unsafe.Pointer(&info)), unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	if err != nil || info.child.pid == 0 {
		return false
	}
	if own := r.child.Load(); own == beingStarted || own == int64(info.child.pid) {
		return false
	}
	_, err = unix.Wait4(int(info.child.pid), nil, unix.WNOHANG, nil)
	return err == nil
}
