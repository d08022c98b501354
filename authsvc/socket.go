package authsvc

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// maxSocketPath is what fits into sockaddr_un.sun_path beside its final zero
// (unix(7)).
const maxSocketPath = 107

// ErrSocketInUse is returned by ListenSocket where another process answers.
var ErrSocketInUse = errors.New("another service answers on this socket")

// peer is the process at the other end of a unix socket, as the kernel tells.
type peer struct {
	uid     uint32
	trusted bool // root, our own user, or a member of the socket's group
}

// peerConn is a connection with a known process at the other end.
type peerConn struct {
	net.Conn
	peer peer
}

type peerKey struct{}

// ConnContext is for the field of that name in http.Server: it makes known to
// the handlers which process is at the other end of a connection from
// ListenSocket or a LocalListener. Other connections are left alone. Server.HTTPServer has it set.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	if from, ok := conn.(*peerConn); ok {
		return context.WithValue(ctx, peerKey{}, from.peer)
	}
	return ctx
}

func peerFrom(ctx context.Context) (peer, bool) {
	from, ok := ctx.Value(peerKey{}).(peer)
	return from, ok
}

// checkSocketPath keeps the kernel's "invalid argument" from people, and the
// abstract namespace ("@…"), which has no permissions, from being used.
func checkSocketPath(path string) error {
	switch {
	case path == "" || path[0] == '@':
		return errors.New("the socket needs a path")
	case len(path) > maxSocketPath:
		return fmt.Errorf("the socket's path is %d bytes long, and the system allows %d: choose a shorter one (%s)", len(path), maxSocketPath, path)
	}
	return nil
}
