package authsvc

import (
	"context"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// Store returns the store with its operations measured, for jitsiauth.New,
// which finds what the store can do besides through Unwrap.
func (m *Metrics) Store(store jitsiauth.Store) jitsiauth.Store {
	return &measuredStore{Store: store, m: m}
}

// measuredStore measures what it has a method for; the rest is the store's own.
type measuredStore struct {
	jitsiauth.Store
	m *Metrics
}

// Unwrap returns the store that is measured.
func (s *measuredStore) Unwrap() jitsiauth.Store { return s.Store }

func (s *measuredStore) took(operation string, start time.Time) {
	s.m.store.WithLabelValues(operation).Observe(time.Since(start).Seconds())
}

func (s *measuredStore) CreateUser(ctx context.Context, r jitsiauth.Record, c jitsiauth.Change) error {
	defer s.took("create_user", time.Now())
	return s.Store.CreateUser(ctx, r, c)
}

func (s *measuredStore) User(ctx context.Context, id jitsiauth.ID) (jitsiauth.Record, error) {
	defer s.took("user", time.Now())
	return s.Store.User(ctx, id)
}

func (s *measuredStore) UserByJID(ctx context.Context, jid jitsiauth.JID) (jitsiauth.Record, error) {
	defer s.took("user_by_jid", time.Now())
	return s.Store.UserByJID(ctx, jid)
}

func (s *measuredStore) UpdateUser(ctx context.Context, id jitsiauth.ID, change func(jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error)) (jitsiauth.Record, error) {
	defer s.took("update_user", time.Now())
	return s.Store.UpdateUser(ctx, id, change)
}

func (s *measuredStore) DeleteUser(ctx context.Context, id jitsiauth.ID, change func(jitsiauth.Record) (jitsiauth.Change, error)) error {
	defer s.took("delete_user", time.Now())
	return s.Store.DeleteUser(ctx, id, change)
}

func (s *measuredStore) ListUsers(ctx context.Context, q jitsiauth.ListQuery) ([]jitsiauth.Record, jitsiauth.JID, bool, error) {
	defer s.took("list_users", time.Now())
	return s.Store.ListUsers(ctx, q)
}

func (s *measuredStore) TokenByHash(ctx context.Context, hash [32]byte) (jitsiauth.Token, error) {
	defer s.took("token_by_hash", time.Now())
	return s.Store.TokenByHash(ctx, hash)
}

func (s *measuredStore) ListChanges(ctx context.Context, after jitsiauth.Position, limit int) ([]jitsiauth.Change, error) {
	defer s.took("list_changes", time.Now())
	return s.Store.ListChanges(ctx, after, limit)
}

func (s *measuredStore) Head(ctx context.Context) (jitsiauth.Position, error) {
	defer s.took("head", time.Now())
	return s.Store.Head(ctx)
}
