package boltstore

import (
	"fmt"
	"runtime/debug"
)

// guard runs work on a file that may be damaged. bbolt panics on pages that
// make no sense, and following a wild page number is a fault, which would end
// the process; both become ErrDamaged.
func guard(work func() error) (err error) {
	before := debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(before)
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: its pages make no sense (%v): restore a backup", ErrDamaged, cause)
		}
	}()
	return work()
}
