package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"realtime/core/proxy"
	"realtime/core/shut"
)

// PlaceSocket makes the path of the app's socket one that is right in any working directory. Its folder
// is made if only that is missing: a fresh checkout has no tmp.
func (o *Options) PlaceSocket() error {
	if o.Socket == "" {
		return nil
	}
	socket, err := filepath.Abs(o.Socket)
	if err != nil {
		return fmt.Errorf("server: the path of the app's socket: %w", err)
	}
	o.Socket = socket
	_ = os.Mkdir(filepath.Dir(socket), 0o755) // usually there; if it cannot be, opening the socket fails
	return nil
}

// listen opens every port, or none.
func (s *Server) listen() (err error) {
	defer func() {
		if err != nil {
			s.closePorts()
		}
	}()
	for _, text := range s.options.Listen {
		ln, err := open(text, "listen")
		if err != nil {
			return err
		}
		wrapped := proxy.WrapListener(policyListener{&patientListener{Listener: ln, log: s.log}}, s.options.WriteTimeout)
		s.ports = append(s.ports, wrapped)
	}
	if s.options.HealthListen != "" {
		ln, err := open(s.options.HealthListen, "health_listen")
		if err != nil {
			return err
		}
		s.healthOn = &patientListener{Listener: ln, log: s.log}
	}
	if s.options.FlashPolicyListen != "" {
		ln, err := open(s.options.FlashPolicyListen, "flash_policy_listen")
		if err != nil {
			return err
		}
		s.policyOn = &patientListener{Listener: ln, log: s.log}
	}
	if err := s.link.Listen(); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

func (s *Server) closePorts() {
	for _, ln := range s.ports {
		_ = ln.Close()
	}
	if s.healthOn != nil {
		_ = s.healthOn.Close()
	}
	if s.policyOn != nil {
		_ = s.policyOn.Close()
	}
}

// open opens one port or socket file. option is for the error.
func open(text, option string) (net.Listener, error) {
	network, addr, err := address(text)
	if err != nil {
		return nil, fmt.Errorf("server: %s: %w", option, err)
	}
	if network == "unix" {
		if err := removeStale(addr); err != nil {
			return nil, fmt.Errorf("server: %s: %w", option, err)
		}
	}
	ln, err := net.Listen(network, addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("server: %s: %s is taken by another process: %w", option, text, err)
	}
	if err != nil {
		return nil, fmt.Errorf("server: %s: %w", option, err)
	}
	return shut.Listener(ln, true), nil
}

// removeStale removes a socket file that nobody listens on: a killed process leaves one behind.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&os.ModeSocket == 0 {
		return fmt.Errorf("unix:%s: there is a file that is no socket", path)
	}
	nc, err := net.Dial("unix", path)
	if err == nil {
		_ = nc.Close()
		return fmt.Errorf("unix:%s is taken by another process", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("unix:%s: cannot tell whether it is taken: %w", path, err)
	}
	return os.Remove(path)
}

// The pauses of patientListener, as net/http has them.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = time.Second
)

// patientListener goes on when accepting fails for want of descriptors or memory, which fasthttp takes
// for the end.
type patientListener struct {
	net.Listener
	log *slog.Logger
}

// Accept implements net.Listener. Its one caller is the accept loop.
func (l *patientListener) Accept() (net.Conn, error) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		nc, err := l.Listener.Accept()
		if err == nil || !isTransient(err) {
			return nc, err
		}
		l.log.Error("cannot accept a connection", "err", err, "pause", pause)
		<-time.After(pause)
	}
}

// isTransient reports whether accepting may work again a little later. Source: accept(2).
func isTransient(err error) bool {
	for _, e := range []error{
		syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ECONNABORTED, syscall.EINTR,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
