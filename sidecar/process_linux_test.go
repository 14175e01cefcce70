package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal opens a new terminal: what a person holds, and what programs see.
func terminal(t *testing.T) (person, screen *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	return person, screen
}

// runOnTerminal is run with a terminal as standard input.
func runOnTerminal(t *testing.T, more []string, words ...string) (p *process, person, screen *os.File) {
	t.Helper()
	person, screen = terminal(t)
	args := append(flags("run", more...), append([]string{self, "app"}, words...)...)
	p = start(t, folder(t), func(cmd *exec.Cmd) {
		cmd.Stdin = screen
		cmd.SysProcAttr.Setctty = true
	}, args...)
	return p, person, screen
}

func TestRun_interrupt_from_the_terminal_is_not_doubled(t *testing.T) {
	// The app goes on after INT, so a second one would reach it before the reminder does, which is TERM.
	p, person, _ := runOnTerminal(t, []string{"--shutdown-timeout=3s"}, "patient")
	p.expect("the app listens")
	if _, err := person.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	p.expect("app got interrupt")
	p.expect("app got terminated")
	p.expect("count of interrupt: 1")
	p.wantExit(0)
}

func TestRun_interrupt_from_the_terminal_ends_both(t *testing.T) {
	p, person, _ := runOnTerminal(t, []string{"--shutdown-timeout=1h"})
	p.expect("the app listens")
	if _, err := person.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	p.expect("count of interrupt: 1")
	p.wantExit(0)
}

func TestRun_ends_when_its_terminal_is_closed(t *testing.T) {
	p, person, screen := runOnTerminal(t, nil)
	p.expect("the app listens")
	screen.Close()
	person.Close()
	p.expect("app got terminated")
	p.wantExit(0)
}

func TestRun_killed_takes_the_app_along(t *testing.T) {
	p := run(t, folder(t), nil)
	p.expect("the app listens")
	p.signal(syscall.SIGKILL)
	p.expect("app got terminated")
	p.expect("count of terminated: 1")
}

// asFirstProcess runs the program as process 1 of a namespace of its own. Only root may make one on most
// systems, so these tests are skipped for other developers; CI runs as root and never skips them.
func asFirstProcess(t *testing.T, script string) *process {
	t.Helper()
	unshare, err := exec.LookPath("unshare")
	if err == nil {
		err = exec.Command(unshare, "--pid", "--fork", "--mount-proc", "true").Run()
	}
	if err != nil {
		t.Skip("needs a pid namespace: ", err)
	}
	args := append(flags("run"), "sh", "-c", script)
	return start(t, folder(t), func(cmd *exec.Cmd) {
		cmd.Path = unshare
		cmd.Args = append([]string{unshare, "--pid", "--fork", "--kill-child", "--mount-proc", binary}, args...)
	}, args...)
}

func TestRun_first_process_takes_orphans_away(t *testing.T) {
	pid := filepath.Join(folder(t), "pid")
	p := asFirstProcess(t, strings.ReplaceAll(`
		(sh -c 'echo $$ > FILE' &)
		until [ -s FILE ]; do :; done
		while [ -d /proc/$(cat FILE) ]; do :; done
		echo orphan is gone
		exit 7`, "FILE", pid))
	p.expect("orphan is gone")
	p.wantExit(7)
}

func TestRun_first_process_leaves_the_exit_code_to_the_app(t *testing.T) {
	for code := 10; code < 15; code++ { // at once: it may end before its number is known
		asFirstProcess(t, fmt.Sprintf("exit %d", code)).wantExit(code)
	}
}
