package authsvc

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
)

// LocalListener is a listener inside this process, for Serve: its callers come
// as this process's own user, as through the unix socket, and need no token. It
// is safe for concurrent use.
type LocalListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// NewLocalListener returns a LocalListener.
func NewLocalListener() *LocalListener {
	return &LocalListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

var errLocalClosed = errors.New("the listener inside this process is closed")

// DialContext connects to the listener, whatever address is given. It waits
// for Accept, for the end of ctx, or for Close.
func (l *LocalListener) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, errLocalClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (l *LocalListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return &peerConn{Conn: conn, peer: peer{uid: uint32(os.Getuid()), trusted: true}}, nil //nolint:gosec // a uid fits
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *LocalListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *LocalListener) Addr() net.Addr { return localAddr{} }

type localAddr struct{}

func (localAddr) Network() string { return "local" }
func (localAddr) String() string  { return "local" }
