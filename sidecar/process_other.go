//go:build !linux

package main

import "syscall"

// dieWithParent has no counterpart here: a child of a killed sidecar lives on.
func dieWithParent() *syscall.SysProcAttr { return nil }

// reapOrphans is for the first process of a Linux container.
func reapOrphans(func(pid int) bool) (stop func()) { return func() {} }
