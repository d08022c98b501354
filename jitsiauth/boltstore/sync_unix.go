//go:build unix

package boltstore

import (
	"errors"
	"os"
)

// syncDir makes a new name in the directory survive a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // of the caller's path
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
