package link

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPeer_own_user_root_and_the_group_may_connect(t *testing.T) {
	l := New(Config{})
	for _, uid := range []int{0, os.Geteuid()} {
		if err := l.mayConnect(uid, 12345); err != nil {
			t.Errorf("uid %d: %v", uid, err)
		}
	}
	err := l.mayConnect(54321, 12345)
	if err == nil || !strings.Contains(err.Error(), "54321") || !strings.Contains(err.Error(), "socket_group") {
		t.Errorf("got %v", err)
	}
	l.gid = 12345
	if err := l.mayConnect(54321, 12345); err != nil {
		t.Errorf("of the group: %v", err)
	}
}

// Only root can be somebody else; for others the test above has to do.
func TestPeer_a_refusal_is_told_and_logged_with_the_uid_and_the_option(t *testing.T) {
	if os.Geteuid() != 0 {
		return
	}
	logger, out := logged()
	dir := t.TempDir()
	for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	l, _ := start(t, Config{Socket: filepath.Join(dir, "s"), Mode: 0o666, Logger: logger})
	a := newApp(t, dialAs(t, l.cfg.Socket, 54321))
	reason := a.closed()
	for _, text := range []string{reason, out.String()} {
		if !strings.Contains(text, "uid 54321") || !strings.Contains(text, "socket_group") {
			t.Errorf("got %q", text)
		}
	}
}

// dialAs connects as another user. Credentials belong to a thread, which is given up afterwards.
func dialAs(t *testing.T, path string, uid int) net.Conn {
	t.Helper()
	type dialed struct {
		fd  int
		err error
	}
	result := make(chan dialed)
	go func() {
		runtime.LockOSThread() // without unlocking: the thread ends with the goroutine
		keep := ^uintptr(0)
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, keep, uintptr(uid), keep); errno != 0 {
			result <- dialed{0, errno}
			return
		}
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			err = unix.Connect(fd, &unix.SockaddrUnix{Name: path})
		}
		result <- dialed{fd, err}
	}()
	d := <-result
	if d.err != nil {
		t.Fatal(d.err)
	}
	f := os.NewFile(uintptr(d.fd), path)
	defer f.Close()
	nc, err := net.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	return nc
}
