//go:build !linux

package main

import (
	"os/exec"
	"syscall"
)

// dieWithParent has no counterpart here: a child of a killed sidecar lives on.
func dieWithParent() *syscall.SysProcAttr { return nil }

// reaper is for the first process of a Linux container; see process_linux.go.
type reaper struct{}

func startReaper() *reaper { return &reaper{} }

func (*reaper) stop() {}

func (*reaper) start(cmd *exec.Cmd) error { return cmd.Start() }

func (*reaper) gone() {}
