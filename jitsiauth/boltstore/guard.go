package boltstore

import (
	"fmt"
	"runtime/debug"
)

// guard runs work on a file that may be damaged. bbolt panics on pages that
// make no sense, and following a wild page number is a fault, which would end
// the process; both become ErrDamaged.
func guard(path string, work func() error) (err error) {
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%s: %w: %v: restore a backup", path, ErrDamaged, cause)
		}
	}()
	return work()
}
