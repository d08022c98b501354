package jitsiauth

import (
	"context"
	"crypto/sha256"
	"io"
)

// Backuper is what a Store is besides if it can copy itself while it is in use.
type Backuper interface {
	// Backup returns a complete copy of the store as it was at one moment after
	// the call began, so that every write that had returned before is in it.
	// Reads and writes go on meanwhile. The copy is at rest: however slowly it
	// is read, nothing waits for that. The entry is added to the log once the
	// copy is complete; without it there is no copy. It returns ErrNoBackup
	// where the store can't be copied by itself, and the error of ctx where
	// that ended before the copy was complete; on any error nothing is left.
	Backup(ctx context.Context, c Change) (*Backup, error)
}

// Backup is a copy of a store, to be read once from its beginning. Close
// removes what was made for it. It is not safe for concurrent use.
type Backup struct {
	io.ReadCloser
	Size   int64             // in bytes
	SHA256 [sha256.Size]byte // of the whole copy
}

// Backup makes a copy of the whole store, password hashes included, which the
// caller reads and closes; see Backuper. Only an administrator who is bound to
// no domain may: others get ErrForbidden. It returns ErrNoBackup where the
// store can't do it.
func (s *Service) Backup(ctx context.Context) (*Backup, error) {
	if err := ActorFrom(ctx).mayAdminister(); err != nil {
		return nil, err
	}
	for store := s.store; store != nil; store = wrapped(store) {
		if able, ok := store.(Backuper); ok {
			return able.Backup(ctx, entry(ctx, s.now().UTC(), BackupMade))
		}
	}
	return nil, ErrNoBackup
}

// wrapped returns the store inside one that adds something to another, such as
// measures, and says so with a method Unwrap; nil if there is none.
func wrapped(store Store) Store {
	if outer, ok := store.(interface{ Unwrap() Store }); ok {
		return outer.Unwrap()
	}
	return nil
}
