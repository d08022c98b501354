package jitsiauth

import "context"

// Sizer is what a Store is besides if it knows how much room it takes.
type Sizer interface {
	// Size returns how many bytes the store takes up on its disk, with all that
	// is in the same file. It must be quick.
	Size(ctx context.Context) (int64, error)
}

// Status is how the service is, for administrators.
type Status struct {
	Size  int64    // of the store, in bytes; 0: not known
	Head  Position // of the log of changes
	Stats Stats
}

// Status returns how the service is now. It returns ErrForbidden: only
// administrators of the whole service may ask.
func (s *Service) Status(ctx context.Context) (Status, error) {
	if err := ActorFrom(ctx).mayAdminister(); err != nil {
		return Status{}, err
	}
	head, err := s.store.Head(ctx)
	if err != nil {
		return Status{}, err
	}
	st := Status{Head: head, Stats: s.Stats()}
	for store := s.store; store != nil; store = wrapped(store) {
		if able, ok := store.(Sizer); ok {
			st.Size, err = able.Size(ctx)
			break
		}
	}
	return st, err
}
