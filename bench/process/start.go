package process

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// The cores: what is measured has one, everything else the other.
const (
	Measured = 0
	Others   = 1
)

const (
	startLimit = 20 * time.Second
	stopLimit  = 5 * time.Second
)

// Process is a program that was started here.
type Process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// Command returns a command bound to a core. It ends when this program does.
func Command(core int, name string, args ...string) *exec.Cmd {
	return Unbound("taskset", append([]string{"-c", strconv.Itoa(core), name}, args...)...)
}

// Unbound returns a command that sees to its cores itself.
func Unbound(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// Start starts cmd and waits until somebody listens at address of network "tcp" or "unix"; an empty
// address is not waited for. What the program says goes to log.
func Start(cmd *exec.Cmd, log io.Writer, network, address string) (*Process, error) {
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(p.ended)
	}()
	if address == "" {
		return p, nil
	}
	if err := p.listening(network, address); err != nil {
		p.Stop()
		return nil, fmt.Errorf("%s: %w", cmd, err)
	}
	return p, nil
}

// PID is the program's own: taskset replaces itself.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stop ends the program and waits for its end.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(stopLimit):
		_ = p.cmd.Process.Signal(os.Kill)
		<-p.ended
	}
}

func (p *Process) listening(network, address string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(startLimit)
	for {
		nc, err := net.Dial(network, address)
		if err == nil {
			return nc.Close()
		}
		select {
		case <-tick.C:
		case <-p.ended:
			return fmt.Errorf("ended with %s", p.cmd.ProcessState)
		case <-limit:
			return fmt.Errorf("does not listen: %w", err)
		}
	}
}

// FreePort returns a loopback address nobody listens on.
func FreePort() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}
