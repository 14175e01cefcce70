package main

import (
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// supervisor runs the app's process: starts it, passes signals on, starts it again after a crash, ends
// it together with our own server. Its fields are set once, before run.
//
// Concurrency: everything happens on the goroutine that calls run. It must be locked to the main
// thread, see main.go.
type supervisor struct {
	command  []string
	env      []string
	app      endpoint
	restart  bool
	patience time.Duration // from telling the app to end to killing it

	signals    <-chan os.Signal
	stopServer func()       // begins the end of our server
	served     <-chan error // has one value when our server has stopped
	log        *slog.Logger

	reaper   *reaper
	terminal bool // we had one when we began
	proven   bool // the app has listened at least once
	failures int  // starts in a row after which the app did not listen
	backoff  time.Duration
}

// Times and limits of the supervisor.
const (
	// firstBackoff doubles with each crash in a row up to maxBackoff; a run of steadyAfter starts over.
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
	steadyAfter  = time.Minute
	// maxFailures is how many starts in a row may fail of an app that had listened before: what follows
	// a crash (a port not yet free, a database not yet back) passes, a broken app does not.
	maxFailures = 8
	// oneWish is how far apart two ending signals are a second, impatient one. Process managers send
	// their own just after the terminal has sent one to everybody.
	oneWish = 500 * time.Millisecond
)

// ending is how a run of the app ended.
type ending struct {
	code     int
	err      error // what is to be said besides the code
	final    bool  // nothing is to be started again, and our server has stopped
	listened bool
	lasted   time.Duration
}

// relayed are the signals to listen for. Those that we were started with as ignored (nohup, a script's
// background job) stay so, for the app too.
func relayed() []os.Signal {
	var list []os.Signal
	for _, sig := range []os.Signal{
		syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2,
		syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGWINCH,
	} {
		if !signal.Ignored(sig) {
			list = append(list, sig)
		}
	}
	return list
}

// run works until the app ends for good, and our server with it. code is the app's exit code; err says
// more, if there is more.
func (s *supervisor) run() (code int, err error) {
	_, s.terminal = foreground()
	s.reaper = startReaper()
	defer s.reaper.stop()
	for {
		e := s.once()
		if !e.final && s.again(e) {
			e = s.pause()
		} else if !e.final {
			if e.err == nil {
				s.log.Info("the app ended", "code", e.code)
			}
			s.endServer(nil)
			e.final = true
		}
		if e.final {
			return e.code, e.err
		}
	}
}

// once starts the app and goes along with it until it ends or is ended.
func (s *supervisor) once() ending {
	c, err := s.start()
	if err != nil {
		return notStarted(err)
	}
	for {
		select {
		case <-c.ended:
			return c.ending()
		case sig := <-s.signals:
			if !s.ends(sig) {
				c.signal(sig)
				continue
			}
			s.log.Info("stopping", "signal", sig.String())
			if s.endServer(c) {
				return ending{code: s.kill(c), final: true}
			}
			return ending{code: s.end(c, sig), final: true}
		case err := <-s.served:
			s.end(c, syscall.SIGTERM)
			return serverFailed(err)
		}
	}
}

// again reports whether the app is to be started again, and sets the time until then: it had
// listened, now or before, and failed.
func (s *supervisor) again(e ending) bool {
	if e.listened {
		s.proven, s.failures = true, 0
	} else {
		s.failures++
	}
	if e.lasted > steadyAfter {
		s.backoff = 0
	}
	if !s.restart || e.code == 0 || !s.proven || s.failures >= maxFailures {
		return false
	}
	s.backoff = min(max(firstBackoff, 2*s.backoff), maxBackoff)
	s.log.Error("the app crashed; clients stay connected while it is started again",
		"code", e.code, "after", e.lasted.Round(time.Millisecond), "in", s.backoff, "err", e.err)
	return true
}

// pause waits before the next start. The ending is final if something came instead.
func (s *supervisor) pause() ending {
	timer := time.NewTimer(s.backoff)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return ending{}
		case sig := <-s.signals:
			if s.ends(sig) {
				s.log.Info("stopping", "signal", sig.String())
				s.endServer(nil)
				return ending{code: signalled(sig.(syscall.Signal)), final: true}
			}
		case err := <-s.served:
			return serverFailed(err)
		}
	}
}

// ends reports whether a signal asks for the end. A hang-up does when our terminal is gone; otherwise
// it is the app's, which may reload something on it.
func (s *supervisor) ends(sig os.Signal) bool {
	switch sig {
	case syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT:
		return true
	case syscall.SIGHUP:
		_, still := foreground()
		return s.terminal && !still
	}
	return false
}

// endServer stops our own server and waits for it, while the app, unless c is nil, still answers what
// is under way. hurried says that a second signal asked for the end at once.
func (s *supervisor) endServer(c *child) (hurried bool) {
	s.stopServer()
	begun := time.Now()
	for {
		select {
		case err := <-s.served:
			if err != nil {
				s.log.Error("the server stopped", "err", err)
			}
			return false
		case sig := <-s.signals:
			switch {
			case !s.ends(sig):
				c.signal(sig)
			case time.Since(begun) > oneWish:
				return true
			}
		}
	}
}

// end tells the app to end and waits. It is killed when its time is over, or on a second signal.
func (s *supervisor) end(c *child, sig os.Signal) int {
	told := !s.terminalSends(sig)
	if told {
		c.signal(telling(sig))
	}
	begun := time.Now()
	remind, limit := time.NewTimer(s.patience/2), time.NewTimer(s.patience)
	defer remind.Stop()
	defer limit.Stop()
	for {
		select {
		case <-c.ended:
			return c.code
		case <-remind.C:
			if !told { // the signal was perhaps for us alone: kill -INT from another terminal
				c.signal(syscall.SIGTERM)
			}
		case <-limit.C:
			s.log.Warn("the app did not end in time and is killed", "shutdown_timeout", s.patience)
			return s.kill(c)
		case again := <-s.signals:
			switch {
			case !s.ends(again):
				c.signal(again)
			case time.Since(begun) > oneWish:
				return s.kill(c)
			}
		}
	}
}

// kill ends the app's process without asking.
func (s *supervisor) kill(c *child) int {
	c.signal(syscall.SIGKILL)
	<-c.ended
	return c.code
}

// terminalSends reports whether the app has had this signal from the terminal, as everybody in its
// foreground group. Passing it on would double it, and puma takes a second INT as "now".
func (s *supervisor) terminalSends(sig os.Signal) bool {
	if sig != syscall.SIGINT && sig != syscall.SIGQUIT {
		return false
	}
	group, ok := foreground()
	return ok && group == syscall.Getpgrp()
}

// telling is what the app is told when we got sig: a lost terminal is no reason to reload.
func telling(sig os.Signal) os.Signal {
	if sig == syscall.SIGHUP {
		return syscall.SIGTERM
	}
	return sig
}

func serverFailed(err error) ending {
	if err == nil {
		err = errors.New("the server stopped by itself")
	}
	return ending{code: exitFailure, err: err, final: true}
}
