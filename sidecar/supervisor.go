package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// supervisor runs the app's process: starts it, passes signals on, starts it again after a crash, ends
// it. It works on the goroutine, and the thread, that calls run.
type supervisor struct {
	command  []string
	env      []string
	address  string // where the app will listen
	restart  bool
	patience time.Duration // from TERM to KILL
	log      *slog.Logger

	backoff time.Duration
	pid     atomic.Int64 // of the present child, which is os/exec's to wait for
}

// child is one run of the app.
type child struct {
	cmd      *exec.Cmd
	started  time.Time
	ended    chan struct{}
	listened chan struct{} // closed when the app has listened
	code     int           // after ended
}

// The exit codes of a shell for a command that cannot be started.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
)

// passedOn are the signals that mean something to app servers. INT and QUIT from a terminal reach the
// app without us: it is in the terminal's process group as we are.
var passedOn = []os.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGWINCH}

// run works until the app ends for good and returns its exit code. stopServer is called once, before
// the app is told to end, or when it has ended by itself.
func (s *supervisor) run(stopServer func(), served <-chan error) (int, error) {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, append([]os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT}, passedOn...)...)
	defer signal.Stop(signals)
	stopReaping := reapOrphans(func(pid int) bool { return int64(pid) == s.pid.Load() })
	defer stopReaping()
	for {
		c, err := s.start()
		if err != nil {
			stopServer()
			return notStarted(err), fmt.Errorf("the app was not started: %w", err)
		}
		again, code, err := s.watch(c, signals, stopServer, served)
		if !again {
			return code, err
		}
		if code, ended := s.pause(signals); ended {
			stopServer()
			return code, nil
		}
	}
}

// watch goes along with one run of the app. again says that it crashed and is to be started anew.
func (s *supervisor) watch(c *child, signals <-chan os.Signal, stopServer func(), served <-chan error) (again bool, code int, err error) {
	for {
		select {
		case <-c.ended:
			if s.crashed(c) {
				return true, c.code, nil
			}
			s.log.Info("the app ended", "code", c.code)
			stopServer()
			return false, c.code, nil
		case sig := <-signals:
			if !ends(sig) {
				_ = c.cmd.Process.Signal(sig)
				continue
			}
			s.log.Info("stopping", "signal", sig.String())
			stopServer()
			return false, s.end(c, sig, signals), nil
		case err := <-served:
			if err == nil {
				err = errors.New("the server stopped by itself")
			}
			return false, s.end(c, syscall.SIGTERM, signals), err
		}
	}
}

func ends(sig os.Signal) bool {
	return sig == syscall.SIGTERM || sig == syscall.SIGINT || sig == syscall.SIGQUIT
}

// crashed reports whether the app is to be started again: it had listened, and ended with a failure.
func (s *supervisor) crashed(c *child) bool {
	select {
	case <-c.listened:
	default:
		return false
	}
	if !s.restart || c.code == 0 {
		return false
	}
	if time.Since(c.started) > steadyAfter {
		s.backoff = 0
	}
	s.backoff = min(max(firstBackoff, 2*s.backoff), maxBackoff)
	s.log.Error("the app crashed; clients stay connected while it is started again",
		"code", c.code, "after", time.Since(c.started).Round(time.Millisecond), "in", s.backoff)
	return true
}

// pause waits before the next start. ended says that a signal came instead.
func (s *supervisor) pause(signals <-chan os.Signal) (code int, ended bool) {
	timer := time.NewTimer(s.backoff)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return 0, false
		case sig := <-signals:
			if ends(sig) {
				return signalled(sig.(syscall.Signal)), true
			}
		}
	}
}

// end tells the app to end, waits, and kills it when its time is over or a second signal asks for it.
func (s *supervisor) end(c *child, sig os.Signal, signals <-chan os.Signal) int {
	if sig != syscall.SIGTERM && onTerminal() {
		// The terminal has told it already; puma takes a second INT as "now".
	} else {
		_ = c.cmd.Process.Signal(sig)
	}
	limit := time.NewTimer(s.patience)
	defer limit.Stop()
	for {
		select {
		case <-c.ended:
			return c.code
		case <-limit.C:
			s.log.Warn("the app did not end in time and is killed", "shutdown_timeout", s.patience)
			_ = c.cmd.Process.Kill()
		case again := <-signals:
			if ends(again) {
				_ = c.cmd.Process.Kill()
			}
		}
	}
}

// start starts the app. It stays in our process group and keeps our terminal, so that a debugger in
// it works.
func (s *supervisor) start() (*child, error) {
	c := &child{ended: make(chan struct{}), listened: make(chan struct{}), started: time.Now()}
	c.cmd = exec.Command(s.command[0], s.command[1:]...)
	c.cmd.Env = s.env
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.cmd.SysProcAttr = dieWithParent()
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	s.pid.Store(int64(c.cmd.Process.Pid))
	s.log.Info("the app starts", "pid", c.cmd.Process.Pid)
	go func() {
		err := c.cmd.Wait()
		c.code = codeOf(c.cmd.ProcessState, err)
		close(c.ended)
	}()
	go s.awaitListening(c)
	return c, nil
}

// awaitListening notes when the app takes connections.
func (s *supervisor) awaitListening(c *child) {
	tick := time.NewTicker(dialEvery)
	defer tick.Stop()
	for {
		nc, err := net.DialTimeout("tcp", s.address, dialEvery)
		if err == nil {
			nc.Close()
			s.log.Info("the app listens", "address", s.address, "after", time.Since(c.started).Round(time.Millisecond))
			close(c.listened)
			return
		}
		select {
		case <-tick.C:
		case <-c.ended:
			return
		}
	}
}

// codeOf is the exit code as a shell tells it: 128 and the number of the signal for one that was killed.
func codeOf(state *os.ProcessState, err error) int {
	if state == nil {
		return exitFailure
	}
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return signalled(ws.Signal())
	}
	if code := state.ExitCode(); code >= 0 {
		return code
	}
	if err != nil {
		return exitFailure
	}
	return 0
}

func signalled(sig syscall.Signal) int { return 128 + int(sig) }

func notStarted(err error) int {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return exitNotFound
	}
	return exitNotExecutable
}

// onTerminal reports whether standard input is a terminal.
func onTerminal() bool {
	info, err := os.Stdin.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
