package memstore

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/jitsiauth/server/jitsiauth"
)

// CreateToken implements jitsiauth.TokenStore.
func (s *Store) CreateToken(ctx context.Context, t jitsiauth.Token, c jitsiauth.Change) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	for id, other := range s.tokens {
		if id == t.ID || other.Name == t.Name || other.Hash == t.Hash {
			return jitsiauth.ErrExists
		}
	}
	t = clone(t)
	t.ExpiresAt, t.CreatedAt, t.LastUsedAt = utc(t.ExpiresAt), utc(t.CreatedAt), utc(t.LastUsedAt)
	s.tokens[t.ID] = t
	s.append(c)
	return nil
}

// TokenByHash implements jitsiauth.TokenStore.
func (s *Store) TokenByHash(ctx context.Context, hash [32]byte) (jitsiauth.Token, error) {
	unlock, err := s.rlock(ctx)
	if err != nil {
		return jitsiauth.Token{}, err
	}
	defer unlock()
	for _, t := range s.tokens {
		if t.Hash == hash {
			return clone(t), nil
		}
	}
	return jitsiauth.Token{}, jitsiauth.ErrNotFound
}

// ListTokens implements jitsiauth.TokenStore.
func (s *Store) ListTokens(ctx context.Context) ([]jitsiauth.Token, error) {
	unlock, err := s.rlock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var tokens []jitsiauth.Token
	for t := range maps.Values(s.tokens) {
		tokens = append(tokens, clone(t))
	}
	slices.SortFunc(tokens, func(a, b jitsiauth.Token) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return tokens, nil
}

// DeleteToken implements jitsiauth.TokenStore.
func (s *Store) DeleteToken(ctx context.Context, id jitsiauth.ID, c jitsiauth.Change) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if _, ok := s.tokens[id]; !ok {
		return jitsiauth.ErrNotFound
	}
	delete(s.tokens, id)
	s.append(c)
	return nil
}

// clone keeps callers from sharing slices with the store.
func clone(t jitsiauth.Token) jitsiauth.Token {
	t.Scopes, t.Domains = slices.Clone(t.Scopes), slices.Clone(t.Domains)
	return t
}
