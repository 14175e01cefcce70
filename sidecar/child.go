package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"
)

// child is one run of the app.
type child struct {
	cmd      *exec.Cmd
	started  time.Time
	listened chan struct{} // closed when the app has listened
	ended    chan struct{} // closed when it has ended; the fields below are set then
	lasted   time.Duration
	code     int
}

// endpoint is where the app will listen.
type endpoint struct{ network, address string }

// dialEvery is how often the app is tried until it listens.
const dialEvery = 50 * time.Millisecond

// start starts the app. It stays in our process group and keeps our terminal, so that a debugger in
// it works.
func (s *supervisor) start() (*child, error) {
	c := &child{ended: make(chan struct{}), listened: make(chan struct{}), started: time.Now()}
	c.cmd = exec.Command(s.command[0], s.command[1:]...)
	c.cmd.Env = s.env
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.cmd.SysProcAttr = dieWithParent()
	if err := s.reaper.start(c.cmd); err != nil {
		return nil, err
	}
	s.log.Info("the app starts", "command", strings.Join(s.command, " "), "pid", c.cmd.Process.Pid)
	go func() {
		_ = c.cmd.Wait() // the state has all that the error has
		s.reaper.gone()
		c.lasted = time.Since(c.started)
		c.code = codeOf(c.cmd.ProcessState)
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
		nc, err := net.DialTimeout(s.app.network, s.app.address, dialEvery)
		if err == nil {
			nc.Close()
			s.log.Info("the app listens", "address", s.app.address, "after", time.Since(c.started).Round(time.Millisecond))
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

// ending is how this run ended; only after ended.
func (c *child) ending() ending {
	e := ending{code: c.code, lasted: c.lasted}
	select {
	case <-c.listened:
		e.listened = true
	default:
	}
	return e
}

// signal sends a signal. A child that is nil or gone needs none.
func (c *child) signal(sig os.Signal) {
	if c != nil {
		_ = c.cmd.Process.Signal(sig)
	}
}

// notStarted is the ending of an app that could not even begin.
func notStarted(err error) ending {
	code := exitNotExecutable
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		code = exitNotFound
	}
	return ending{code: code, err: fmt.Errorf("the app was not started: %w", err)}
}
