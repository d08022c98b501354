package authsvc

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// ListenSocket listens on a unix socket whose users need no token: processes of
// root, of this process's own user, and of the members of group (a name or a
// number), if that is not empty. Members are those whose login group it is, and
// those whom the user database lists.
//
// The socket gets mode 0600, with a group 0660. Its directory is made with mode
// 0700, with a group 0710, where only that one is missing; one that exists must
// belong to this user or root, and be writable by nobody else, or someone could
// put their own socket there and be told passwords. A socket that nobody
// answers on any more is replaced; where someone does, the error matches
// ErrSocketInUse. Closing the listener removes the socket.
//
// For a moment the process has a stricter umask; files that it makes at that
// same moment lack permissions. Call it while the service starts.
func ListenSocket(path, group string) (net.Listener, error) {
	if err := checkSocketPath(path); err != nil {
		return nil, err
	}
	gid, err := lookupGroup(group)
	if err != nil {
		return nil, err
	}
	if err := ensureSocketDir(filepath.Dir(path), gid); err != nil {
		return nil, err
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	listener, err := bind0600(path, gid)
	if err != nil {
		return nil, fmt.Errorf("unix socket: %w", err)
	}
	return &peerListener{UnixListener: listener, gid: gid}, nil
}

// noGroup stands for no group.
const noGroup = -1

func lookupGroup(group string) (int, error) {
	if group == "" {
		return noGroup, nil
	}
	text := group
	if found, err := user.LookupGroup(group); err == nil {
		text = found.Gid
	}
	gid, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return noGroup, fmt.Errorf("unix socket: there is no group %q", group)
	}
	return int(gid), nil
}

func ensureSocketDir(dir string, gid int) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil && gid != noGroup {
		err = errors.Join(os.Chown(dir, -1, gid), os.Chmod(dir, 0o710)) //nolint:gosec // the group must reach the socket
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("unix socket: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("unix socket: %w", err)
	}
	owner := info.Sys().(*syscall.Stat_t).Uid
	switch {
	case !info.IsDir():
		return fmt.Errorf("unix socket: %s is not a directory", dir)
	case owner != 0 && int(owner) != os.Geteuid():
		return fmt.Errorf("unix socket: the directory %s belongs to the user with the ID %d: use one of this service's own", dir, owner)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("unix socket: the directory %s can be written by others (mode %04o): use one of this service's own, or chmod go-w", dir, info.Mode().Perm())
	}
	return nil
}

// removeStale removes the socket of a service that ended without doing so.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("unix socket: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("unix socket: %s exists and is not a socket", path)
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).Dial("unix", path)
	switch {
	case err == nil:
		_ = conn.Close()
		return fmt.Errorf("%w: %s", ErrSocketInUse, path)
	case errors.Is(err, syscall.EAGAIN): // its queue is full
		return fmt.Errorf("%w: %s", ErrSocketInUse, path)
	case !errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("unix socket: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("unix socket: %w", err)
	}
	return nil
}

// umask belongs to the whole process.
var umask sync.Mutex

// bind0600 makes the socket, which nobody else can reach at any time. Package
// syscall has no other way than the umask: the socket is there, and takes
// connections, before it could be changed.
func bind0600(path string, gid int) (*net.UnixListener, error) {
	umask.Lock()
	before := syscall.Umask(0o177)
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	syscall.Umask(before)
	umask.Unlock()
	if err != nil {
		return nil, err
	}
	if gid != noGroup {
		if err := errors.Join(os.Chown(path, -1, gid), os.Chmod(path, 0o660)); err != nil { //nolint:gosec // that is what the group is for
			return nil, errors.Join(err, listener.Close())
		}
	}
	return listener, nil
}

// peerListener asks the kernel who connects.
type peerListener struct {
	*net.UnixListener
	gid int
}

// Accept implements net.Listener. A process that is not let in is accepted all
// the same, and told so over HTTP.
func (l *peerListener) Accept() (net.Conn, error) {
	conn, err := l.AcceptUnix()
	if err != nil {
		return nil, err
	}
	from := &peerConn{Conn: conn}
	if credentials, err := peerCredentials(conn); err == nil {
		from.peer = peer{uid: credentials.Uid, trusted: trusts(credentials, l.gid)}
	} else {
		from.peer = peer{uid: nobody}
	}
	return from, nil
}

// nobody is no user: the kernel's overflow ID.
const nobody = 65534

func peerCredentials(conn *net.UnixConn) (credentials *syscall.Ucred, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	controlErr := raw.Control(func(fd uintptr) {
		credentials, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if controlErr != nil {
		return nil, controlErr
	}
	return credentials, err
}

func trusts(from *syscall.Ucred, gid int) bool {
	if from.Uid == 0 || int(from.Uid) == os.Geteuid() {
		return true
	}
	if gid == noGroup {
		return false
	}
	if int(from.Gid) == gid {
		return true
	}
	// SO_PEERCRED names the login group only.
	account, err := user.LookupId(strconv.FormatUint(uint64(from.Uid), 10))
	if err != nil {
		return false
	}
	groups, err := account.GroupIds()
	return err == nil && slices.Contains(groups, strconv.Itoa(gid))
}
