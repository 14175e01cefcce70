package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// foreground returns the process group in front of our terminal: the one that gets a signal for
// Ctrl-C. ok is false without a terminal, or after it was closed. Standard input says nothing about
// this: it may be a pipe while the terminal is still there, or /dev/null without one.
func foreground() (group int, ok bool) {
	tty, err := os.OpenFile("/dev/tty", os.O_RDONLY|unix.O_NOCTTY, 0)
	if err != nil {
		return 0, false
	}
	defer tty.Close()
	group, err = unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return group, err == nil
}
