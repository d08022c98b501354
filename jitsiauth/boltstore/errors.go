package boltstore

import (
	"errors"
	"fmt"
	"os"
)

// What Open, New and Check can find, for errors.Is. The texts of the errors
// that match say which file it is and what to do.
var (
	// ErrInUse: another process has the file open. The error is an *InUseError.
	ErrInUse = errors.New("database is in use")
	// ErrNotDatabase: the file is none of this package. It was left alone.
	ErrNotDatabase = errors.New("not a jitsiauth database")
	// ErrDamaged: the file, or what it holds, contradicts itself.
	ErrDamaged = errors.New("database is damaged")
	// ErrNewerSchema: a later version of the program wrote the file.
	ErrNewerSchema = errors.New("database was written by a newer version")
)

// InUseError says who has the file open. It matches ErrInUse.
type InUseError struct {
	Path    string
	PID     int    // 0 where the system doesn't tell
	Command string // the process's name; "" where the system doesn't tell
}

func (e *InUseError) Error() string {
	var holder string
	switch {
	case e.PID == os.Getpid():
		return fmt.Sprintf("%s: %v: this process has it open already", e.Path, ErrInUse)
	case e.PID == 0:
		holder = "another process, perhaps in another container"
	case e.Command == "":
		holder = fmt.Sprintf("process %d", e.PID)
	default:
		holder = fmt.Sprintf("process %d (%s)", e.PID, e.Command)
	}
	return fmt.Sprintf("%s: %v by %s: stop that one, or ask the running service instead of the file", e.Path, ErrInUse, holder)
}

// Is makes errors.Is(err, ErrInUse) true.
func (e *InUseError) Is(target error) bool { return target == ErrInUse }
