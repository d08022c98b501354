//go:build !linux

package authsvc

import (
	"errors"
	"fmt"
	"net"
)

// ListenSocket works on Linux only, because it asks the kernel who connects in
// Linux's way. Elsewhere it returns an error that matches errors.ErrUnsupported.
func ListenSocket(path, _ string) (net.Listener, error) {
	return nil, fmt.Errorf("unix socket %s: %w on this system: use TCP and a token", path, errors.ErrUnsupported)
}
