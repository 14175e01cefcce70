//go:build cgo

package main

import (
	"net"
	"os"
	"syscall"
)

// pair makes two connected sockets: the host's as a descriptor, which is the host's to close, and ours.
func pair() (host int, ours net.Conn, err error) {
	// Whoever forks and execs at this moment must not take them along.
	syscall.ForkLock.RLock()
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(ends[0])
		syscall.CloseOnExec(ends[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return 0, nil, os.NewSyscallError("socketpair", err)
	}
	file := os.NewFile(uintptr(ends[1]), "app link")
	ours, err = net.FileConn(file) // a copy
	_ = file.Close()
	if err != nil {
		closeDescriptor(ends[0])
		return 0, nil, err
	}
	return ends[0], ours, nil
}

// closeDescriptor gives back a descriptor that nobody was given.
func closeDescriptor(fd int) { _ = syscall.Close(fd) }
