package memstore

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

var _ jitsiauth.Store = (*Store)(nil)

// Store is a jitsiauth.Store in memory. It is safe for concurrent use.
type Store struct {
	mu        sync.RWMutex
	users     map[jitsiauth.ID]jitsiauth.Record
	names     map[jitsiauth.JID]jitsiauth.ID
	tokens    map[jitsiauth.ID]jitsiauth.Token
	links     map[jitsiauth.ID]jitsiauth.Link
	moments   map[pending]bool
	logins    []jitsiauth.Login
	sources   map[jitsiauth.ID][]jitsiauth.KnownSource // as MergeSources left them
	lastLogin uint64                                   // number of the newest
	log       []jitsiauth.Change                       // entry trimmed+1 and on
	trimmed   uint64                                   // how many entries of log were removed
	epoch     string
}

// New returns an empty store, with a log of its own epoch. It needs no Close.
func New() *Store {
	return &Store{
		users:   map[jitsiauth.ID]jitsiauth.Record{},
		names:   map[jitsiauth.JID]jitsiauth.ID{},
		tokens:  map[jitsiauth.ID]jitsiauth.Token{},
		links:   map[jitsiauth.ID]jitsiauth.Link{},
		moments: map[pending]bool{},
		sources: map[jitsiauth.ID][]jitsiauth.KnownSource{},
		epoch:   rand.Text(),
	}
}

// lock is for writes. It returns the error of ctx, or what ends the lock.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	s.mu.Lock()
	if err := ctx.Err(); err != nil {
		s.mu.Unlock()
		return nil, err
	}
	return s.mu.Unlock, nil
}

// rlock is lock for reads.
func (s *Store) rlock(ctx context.Context) (unlock func(), err error) {
	s.mu.RLock()
	if err := ctx.Err(); err != nil {
		s.mu.RUnlock()
		return nil, err
	}
	return s.mu.RUnlock, nil
}

// utc drops what a store in a file couldn't keep either.
func utc(t time.Time) time.Time { return t.Round(0).UTC() }
