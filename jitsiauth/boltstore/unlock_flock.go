//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package boltstore

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// abandon closes a file that bbolt panicked over. The lock would outlive
// Close, because bbolt's mapping of the file, which nobody can undo any more,
// keeps it.
func abandon(file *os.File) error {
	return errors.Join(unix.Flock(int(file.Fd()), unix.LOCK_UN), file.Close()) //nolint:gosec // descriptors are small
}
