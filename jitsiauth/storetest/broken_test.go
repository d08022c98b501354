package storetest_test

import (
	"context"
	"errors"
	"maps"
	"sync"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// broken holds stores that break one rule each, under the name of the test
// that must catch it.
var broken = map[string]func() jitsiauth.Store{
	"CRUD/Ended":               func() jitsiauth.Store { return deaf{memstore.New()} },
	"CRUD/ListOrder":           func() jitsiauth.Store { return firstPage{memstore.New()} },
	"CRUD/ListStable":          func() jitsiauth.Store { return &byOffset{Store: memstore.New(), offsets: map[jitsiauth.JID]int{}} },
	"CRUD/TokenMemory":         func() jitsiauth.Store { return &sharing{Store: memstore.New()} },
	"CRUD/AddChange":           func() jitsiauth.Store { return ofSomebody{memstore.New()} },
	"CRUD/LogPositions":        func() jitsiauth.Store { return anyEpoch{memstore.New()} },
	"Atomic/UpdateError":       func() jitsiauth.Store { return halfway{memstore.New()} },
	"Atomic/UpdateIdentity":    func() jitsiauth.Store { return forgiving{memstore.New()} },
	"Atomic/CreateUserExists":  func() jitsiauth.Store { return loggingFirst{memstore.New()} },
	"Atomic/BatchRollback":     func() jitsiauth.Store { return oneByOne{memstore.New()} },
	"Parallel/BatchTogether":   func() jitsiauth.Store { return oneByOne{memstore.New()} },
	"Atomic/LogTogether":       func() jitsiauth.Store { return unlogged{memstore.New()} },
	"Parallel/Increments":      func() jitsiauth.Store { return readThenWrite{memstore.New()} },
	"Parallel/OneName":         func() jitsiauth.Store { return polite{memstore.New()} },
	"Parallel/WholeRecords":    func() jitsiauth.Store { return inSteps{memstore.New()} },
	"Parallel/LogReaders":      func() jitsiauth.Store { return &late{Store: memstore.New()} },
	"CRUD/Moments":             func() jitsiauth.Store { return &forgetful{Store: memstore.New()} },
	"CRUD/MomentsChange":       func() jitsiauth.Store { return recreating{memstore.New()} },
	"CRUD/Logins":              func() jitsiauth.Store { return oldestFirst{memstore.New()} },
	"CRUD/LastSeen":            func() jitsiauth.Store { return revising{memstore.New()} },
	"CRUD/KnownSources":        func() jitsiauth.Store { return withSources(byArrival) },
	"CRUD/KnownSourcesMost":    func() jitsiauth.Store { return withSources(oneTooMany) },
	"CRUD/KnownSourcesMemory":  func() jitsiauth.Store { return withSources(handingOut) },
	"CRUD/KnownSourcesGone":    func() jitsiauth.Store { return withSources(jitsiauth.MergeSources) },
	"CRUD/TrimSources":         func() jitsiauth.Store { return eager{memstore.New()} },
	"Parallel/SourcesDelete":   func() jitsiauth.Store { return checkFirst{withSources(slowly)} },
	"Parallel/SourcesTrim":     func() jitsiauth.Store { return &lookFirst{ownSources: withSources(jitsiauth.MergeSources)} },
	"Parallel/SourcesTogether": func() jitsiauth.Store { return withSources(slowly) },
	"CRUD/Trim":                func() jitsiauth.Store { return lenient{memstore.New()} },
	"CRUD/TrimMost":            func() jitsiauth.Store { return hoarding{memstore.New()} },
	"CRUD/HasAdmin":            func() jitsiauth.Store { return firstPageAdmin{memstore.New()} },
	"CRUD/Link":                func() jitsiauth.Store { return latestLinks{memstore.New()} },
	"CRUD/TrimLinks":           func() jitsiauth.Store { return eager{memstore.New()} },
	"CRUD/OpenLinks":           func() jitsiauth.Store { return oneByOne{memstore.New()} },
	"Atomic/LinkRollback":      func() jitsiauth.Store { return oneByOne{memstore.New()} },
	"Parallel/LinkOnce":        func() jitsiauth.Store { return oneByOne{memstore.New()} },
	"Parallel/ListChurn":       func() jitsiauth.Store { return &byOffset{Store: memstore.New(), offsets: map[jitsiauth.JID]int{}} },
}

type change = func(jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error)

// deaf doesn't hear that a context ended.
type deaf struct{ *memstore.Store }

func (s deaf) Head(context.Context) (jitsiauth.Position, error) {
	return s.Store.Head(context.Background())
}

// firstPage says that there is nothing more.
type firstPage struct{ *memstore.Store }

func (s firstPage) ListUsers(ctx context.Context, q jitsiauth.ListQuery) ([]jitsiauth.Record, jitsiauth.JID, bool, error) {
	q.Limit = 10
	page, next, _, err := s.Store.ListUsers(ctx, q)
	return page, next, false, err
}

// byOffset goes on where the page ended by number, not by name.
type byOffset struct {
	*memstore.Store
	mu      sync.Mutex
	offsets map[jitsiauth.JID]int
}

func (s *byOffset) ListUsers(ctx context.Context, q jitsiauth.ListQuery) (page []jitsiauth.Record, next jitsiauth.JID, more bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, _, _, err := s.Store.ListUsers(ctx, jitsiauth.ListQuery{Limit: jitsiauth.MaxPage})
	if err != nil {
		return nil, next, false, err
	}
	start := min(s.offsets[q.After], len(all))
	end := min(start+q.Limit, len(all))
	if page = all[start:end]; len(page) > 0 {
		next = page[len(page)-1].JID
	}
	s.offsets = maps.Clone(s.offsets)
	s.offsets[next] = end
	return page, next, end < len(all), nil
}

// sharing hands out the slices that it keeps.
type sharing struct {
	*memstore.Store
	token jitsiauth.Token
}

func (s *sharing) CreateToken(ctx context.Context, t jitsiauth.Token, c jitsiauth.Change) error {
	s.token = t
	return s.Store.CreateToken(ctx, t, c)
}

func (s *sharing) ListTokens(ctx context.Context) ([]jitsiauth.Token, error) {
	return []jitsiauth.Token{s.token}, ctx.Err()
}

// anyEpoch takes positions of other logs.
type anyEpoch struct{ *memstore.Store }

func (s anyEpoch) ListChanges(ctx context.Context, after jitsiauth.Position, limit int) ([]jitsiauth.Change, error) {
	if head, err := s.Head(ctx); err == nil {
		after.Epoch = head.Epoch
	}
	return s.Store.ListChanges(ctx, after, limit)
}

// halfway keeps what change made although it said no.
type halfway struct{ *memstore.Store }

func (s halfway) UpdateUser(ctx context.Context, id jitsiauth.ID, change change) (jitsiauth.Record, error) {
	var refused error
	r, err := s.Store.UpdateUser(ctx, id, func(old jitsiauth.Record) (r jitsiauth.Record, _ *jitsiauth.Change, _ error) {
		r, _, refused = change(old)
		return r, nil, nil
	})
	return r, errors.Join(err, refused)
}

// forgiving drops a change of ID or JID without a word.
type forgiving struct{ *memstore.Store }

func (s forgiving) UpdateUser(ctx context.Context, id jitsiauth.ID, change change) (jitsiauth.Record, error) {
	return s.Store.UpdateUser(ctx, id, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
		r, c, err := change(old)
		r.ID, r.JID = old.ID, old.JID
		return r, c, err
	})
}

// loggingFirst writes the entry, then the account, if it can.
type loggingFirst struct{ *memstore.Store }

func (s loggingFirst) CreateUser(ctx context.Context, r jitsiauth.Record, c jitsiauth.Change) error {
	if other, err := s.UserByJID(ctx, r.JID); err == nil {
		_, err = s.UpdateUser(ctx, other.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
			return old, &c, nil
		})
		return errors.Join(err, jitsiauth.ErrExists)
	}
	return s.Store.CreateUser(ctx, r, c)
}

// unlogged loses the entry where the account stays the same.
type unlogged struct{ *memstore.Store }

func (s unlogged) UpdateUser(ctx context.Context, id jitsiauth.ID, change change) (jitsiauth.Record, error) {
	return s.Store.UpdateUser(ctx, id, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
		r, c, err := change(old)
		if r == old {
			c = nil
		}
		return r, c, err
	})
}

// readThenWrite lets other writes in between.
type readThenWrite struct{ *memstore.Store }

func (s readThenWrite) UpdateUser(ctx context.Context, id jitsiauth.ID, change change) (jitsiauth.Record, error) {
	old, err := s.User(ctx, id)
	if err != nil {
		return old, err
	}
	r, c, err := change(old)
	if err != nil {
		return old, err
	}
	return s.Store.UpdateUser(ctx, id, func(jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) { return r, c, nil })
}

// polite tells no one that the name is taken.
type polite struct{ *memstore.Store }

func (s polite) CreateUser(ctx context.Context, r jitsiauth.Record, c jitsiauth.Change) error {
	if err := s.Store.CreateUser(ctx, r, c); !errors.Is(err, jitsiauth.ErrExists) {
		return err
	}
	return nil
}

// inSteps writes the hash after the rest.
type inSteps struct{ *memstore.Store }

func (s inSteps) UpdateUser(ctx context.Context, id jitsiauth.ID, change change) (jitsiauth.Record, error) {
	var hash string
	_, err := s.Store.UpdateUser(ctx, id, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
		r, c, err := change(old)
		hash, r.PasswordHash = r.PasswordHash, old.PasswordHash
		return r, c, err
	})
	if err != nil {
		return jitsiauth.Record{}, err
	}
	return s.Store.UpdateUser(ctx, id, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
		old.PasswordHash = hash
		return old, nil, nil
	})
}

// late shows the last entry but one after the last one, as a store does whose
// positions are given out before the commit.
type late struct{ *memstore.Store }

func (s *late) ListChanges(ctx context.Context, after jitsiauth.Position, limit int) ([]jitsiauth.Change, error) {
	entries, err := s.Store.ListChanges(ctx, after, limit)
	if n := len(entries); n > 1 {
		if head, _ := s.Head(ctx); head == entries[n-1].Position {
			entries = append(entries[:n-2], entries[n-1])
		}
	}
	return entries, err
}
