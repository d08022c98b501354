package jitsiauth

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
)

// maxRemembered bounds a memory: Prosody's token, and those who log in at once
// after a restart of Prosody. With the longest notes, 1,000 accounts are 5 MB.
const maxRemembered = 1000

// memory keeps what was read from the store lately, so that a login need not
// decode Prosody's token and the account each time. What it holds is right as
// long as the head of the log of changes is where it was, because neither
// changes without an entry, whoever writes to the store. LastLoginAt and
// LastUsedAt do, and may be old; renewed hashes and known sources do, and the
// service that writes them clears its memory. It is safe for concurrent use.
type memory[K comparable, V any] struct {
	mu      sync.Mutex
	head    Position
	kept    map[K]V
	cleared int // how often, for what was read before
}

// find returns what is kept under the key, or else what read returns.
func (m *memory[K, V]) find(ctx context.Context, store Store, key K, read func(context.Context, K) (V, error)) (V, error) {
	head, err := store.Head(ctx) // before reading: what changes later moves it
	if err != nil {
		var none V
		return none, err
	}
	v, cleared, ok := m.at(head, key)
	if ok {
		return v, nil
	}
	v, err = read(ctx, key)
	if err == nil {
		m.keep(head, cleared, key, v)
	}
	return v, err
}

func (m *memory[K, V]) at(head Position, key K) (v V, cleared int, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if head != m.head || m.kept == nil {
		m.head, m.kept = head, map[K]V{}
	}
	v, ok = m.kept[key]
	return v, m.cleared, ok
}

func (m *memory[K, V]) keep(head Position, cleared int, key K, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if head == m.head && cleared == m.cleared && len(m.kept) < maxRemembered {
		m.kept[key] = v
	}
}

// clear forgets all, after a change without an entry.
func (m *memory[K, V]) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept = map[K]V{}
	m.cleared++
}

type (
	tokenMemory   = memory[[sha256.Size]byte, Token]
	accountMemory = memory[JID, remembered]
)

// remembered is what a login needs of the store.
type remembered struct {
	Record
	known []KnownSource
}

// readAccount reads it. A name that no account has is ErrNotFound, and takes the
// same reads.
func (s *Service) readAccount(ctx context.Context, jid JID) (r remembered, err error) {
	r.Record, err = s.store.UserByJID(ctx, jid)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return remembered{}, err
	}
	var failed error
	if r.known, failed = s.store.KnownSources(ctx, r.ID); failed != nil {
		return remembered{}, failed
	}
	return r, err
}
