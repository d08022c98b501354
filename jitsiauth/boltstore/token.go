package boltstore

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// tokenRecord is a token as it lies in the file, under its ID.
type tokenRecord struct {
	Name      string            `json:"name"`
	Scopes    []jitsiauth.Scope `json:"scopes"`
	Domains   []string          `json:"domains,omitempty"`
	ExpiresAt time.Time         `json:"expires_at,omitzero"`
	CreatedAt time.Time         `json:"created_at,omitzero"`
	LastUsed  time.Time         `json:"last_used_at,omitzero"`
	Prefix    string            `json:"prefix,omitempty"`
	SHA256    string            `json:"sha256"` // hexadecimal
}

// CreateToken implements jitsiauth.TokenStore.
func (s *Store) CreateToken(ctx context.Context, token jitsiauth.Token, c jitsiauth.Change) error {
	return s.update(ctx, func(t txn) error {
		if t.tokens().Get(token.ID[:]) != nil || t.tokenHashes().Get(token.Hash[:]) != nil {
			return jitsiauth.ErrExists
		}
		err := t.eachToken(func(other jitsiauth.Token) error {
			if other.Name == token.Name {
				return jitsiauth.ErrExists
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := t.putToken(token); err != nil {
			return err
		}
		return t.appendChange(c)
	})
}

// TokenByHash implements jitsiauth.TokenStore.
func (s *Store) TokenByHash(ctx context.Context, hash [32]byte) (token jitsiauth.Token, err error) {
	err = s.view(ctx, func(t txn) error {
		id := t.tokenHashes().Get(hash[:])
		if id == nil {
			return jitsiauth.ErrNotFound
		}
		token, err = t.token(id)
		if errors.Is(err, jitsiauth.ErrNotFound) {
			return fmt.Errorf("%w: a hash belongs to the token %x, which is missing", ErrDamaged, id)
		}
		return err
	})
	return token, err
}

// ListTokens implements jitsiauth.TokenStore.
func (s *Store) ListTokens(ctx context.Context) (tokens []jitsiauth.Token, err error) {
	err = s.view(ctx, func(t txn) error {
		return t.eachToken(func(token jitsiauth.Token) error {
			tokens = append(tokens, token)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return tokens, nil
}

// DeleteToken implements jitsiauth.TokenStore.
func (s *Store) DeleteToken(ctx context.Context, id jitsiauth.ID, c jitsiauth.Change) error {
	return s.update(ctx, func(t txn) error {
		token, err := t.token(id[:])
		if err != nil {
			return err
		}
		if err := t.tokenHashes().Delete(token.Hash[:]); err != nil {
			return err
		}
		if err := t.tokens().Delete(id[:]); err != nil {
			return err
		}
		return t.appendChange(c)
	})
}

// eachToken goes through all tokens in order of their IDs.
func (t txn) eachToken(visit func(jitsiauth.Token) error) error {
	return t.tokens().ForEach(func(id, value []byte) error {
		token, err := decodeToken(id, value)
		if err != nil {
			return err
		}
		return visit(token)
	})
}

// token returns ErrNotFound where there is none.
func (t txn) token(id []byte) (jitsiauth.Token, error) {
	value := t.tokens().Get(id)
	if value == nil {
		return jitsiauth.Token{}, jitsiauth.ErrNotFound
	}
	return decodeToken(id, value)
}

func (t txn) putToken(token jitsiauth.Token) error {
	value, err := json.Marshal(tokenRecord{
		Name: token.Name, Scopes: token.Scopes, Domains: token.Domains,
		ExpiresAt: utc(token.ExpiresAt), CreatedAt: utc(token.CreatedAt),
		LastUsed: utc(token.LastUsedAt), Prefix: token.Prefix, SHA256: hex.EncodeToString(token.Hash[:]),
	})
	if err != nil {
		return err
	}
	if err := t.tokenHashes().Put(token.Hash[:], token.ID[:]); err != nil {
		return err
	}
	return t.tokens().Put(token.ID[:], value)
}

func decodeToken(id, value []byte) (jitsiauth.Token, error) {
	var r tokenRecord
	if err := json.Unmarshal(value, &r); err != nil {
		return jitsiauth.Token{}, fmt.Errorf("%w: token %x: %w", ErrDamaged, id, err)
	}
	hash, err := hex.DecodeString(r.SHA256)
	if err != nil || len(hash) != 32 || len(id) != len(jitsiauth.ID{}) {
		return jitsiauth.Token{}, fmt.Errorf("%w: token %x: its ID or its hash has the wrong length", ErrDamaged, id)
	}
	return jitsiauth.Token{
		ID: jitsiauth.ID(id), Name: r.Name, Scopes: r.Scopes, Domains: r.Domains,
		ExpiresAt: r.ExpiresAt, CreatedAt: r.CreatedAt, LastUsedAt: r.LastUsed, Prefix: r.Prefix, Hash: [32]byte(hash),
	}, nil
}
