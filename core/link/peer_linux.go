package link

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// checkPeer says whether the process at the other end may speak here: one of our own user, of
// root, or of a member of socket_group. Streams that are not Unix sockets pass; they are guarded
// by a token or are our own.
//
// Source: unix(7), SO_PEERCRED: credentials as of connect(2).
func (l *Link) checkPeer(nc net.Conn) error {
	uc, ok := nc.(*net.UnixConn)
	if !ok {
		return nil
	}
	raw, err := uc.SyscallConn()
	if err != nil {
		return fmt.Errorf("link: peer credentials: %w", err)
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err == nil {
		err = credErr
	}
	if err != nil {
		return fmt.Errorf("link: peer credentials: %w", err)
	}
	return l.mayConnect(int(cred.Uid), int(cred.Gid))
}

func (l *Link) mayConnect(uid, gid int) error {
	own := os.Geteuid()
	switch {
	case uid == own || uid == 0:
		return nil
	case l.gid >= 0 && (gid == l.gid || isMember(uid, l.gid)):
		return nil
	}
	return fmt.Errorf("link: uid %d may not connect to the socket of uid %d: run both as one user, or set socket_group to a group of that user",
		uid, own)
}

func isMember(uid, gid int) bool {
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return false
	}
	groups, err := u.GroupIds()
	return err == nil && slices.Contains(groups, strconv.Itoa(gid))
}
