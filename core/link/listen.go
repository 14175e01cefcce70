package link

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"realtime/core/shut"
)

// maxSocketPath is the longest path that fits in sockaddr_un with its terminating zero on every
// system we know (104 bytes on the BSDs and macOS, 108 on Linux).
const maxSocketPath = 103

// Listen opens the socket, so that a path that cannot be had is an error at the start. Run serves
// it. Without Config.Socket it does nothing.
//
// A file that is left over from a dead sidecar is replaced: one that is a socket and refuses
// connections. Anything else at that path is an error.
func (l *Link) Listen() error {
	path := l.cfg.Socket
	if path == "" {
		return nil
	}
	if len(path) > maxSocketPath {
		return fmt.Errorf("link: socket %q: the path has %d bytes, a Unix socket takes %d; give a shorter one (socket)",
			path, len(path), maxSocketPath)
	}
	gid, err := groupID(l.cfg.Group)
	if err != nil {
		return err
	}
	if err := removeStale(path); err != nil {
		return err
	}
	// Between these calls the file has the mode of the umask; peers are checked by their
	// credentials in any case.
	ln, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("link: open the socket: %w", err)
	}
	if err := admit(path, l.cfg.Mode, gid); err != nil {
		ln.Close()
		return err
	}
	l.gid = gid
	l.listener = shut.Listener(ln, false) // connections as they are: checkPeer asks them who they are
	return nil
}

func admit(path string, mode os.FileMode, gid int) error {
	if gid >= 0 {
		if err := os.Chown(path, -1, gid); err != nil {
			return fmt.Errorf("link: give the socket to socket_group: %w", err)
		}
	}
	if err := os.Chmod(path, mode); err != nil {
		return fmt.Errorf("link: set the socket's mode: %w", err)
	}
	return nil
}

// groupID returns -1 for no group.
func groupID(name string) (int, error) {
	if name == "" {
		return -1, nil
	}
	g, err := user.LookupGroup(name)
	if err != nil {
		if gid, convErr := strconv.Atoi(name); convErr == nil && gid >= 0 {
			return gid, nil
		}
		return 0, fmt.Errorf("link: socket_group %q: %w", name, err)
	}
	return strconv.Atoi(g.Gid)
}

// isTransient says whether accepting may work again a little later.
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

func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("link: look at the socket's path: %w", err)
	}
	if info.Mode()&os.ModeSocket == 0 {
		return fmt.Errorf("link: socket %q: there is a file that is no socket", path)
	}
	nc, err := net.Dial("unix", path)
	if err == nil {
		nc.Close()
		return fmt.Errorf("link: socket %q: another process listens there", path)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("link: socket %q: cannot tell whether it is in use: %w", path, err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("link: remove the stale socket: %w", err)
	}
	return nil
}
