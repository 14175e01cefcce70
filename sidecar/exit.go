package main

import (
	"fmt"
	"os"
	"syscall"
)

// The exit codes that are ours; run ends with the app's.
const (
	exitFailure = 1
	exitUsage   = 2
	// As a shell has them for a command that cannot be started.
	exitNotExecutable = 126
	exitNotFound      = 127
)

// exit ends the program with a code of its own. err nil: what there was to say has been said.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// codeOf is the exit code of a process as a shell tells it. state is nil if the system could not say.
func codeOf(state *os.ProcessState) int {
	if state == nil {
		return exitFailure
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return signalled(status.Signal())
	}
	return state.ExitCode()
}

// signalled is the exit code for a process that a signal ended.
func signalled(sig syscall.Signal) int { return 128 + int(sig) }
