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

// measuredStore measures every method of the store; a test holds it to that.
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

func (s *measuredStore) HasAdmin(ctx context.Context) (bool, error) {
	defer s.took("has_admin", time.Now())
	return s.Store.HasAdmin(ctx)
}

func (s *measuredStore) LinkByHash(ctx context.Context, hash [32]byte) (jitsiauth.Link, error) {
	defer s.took("link_by_hash", time.Now())
	return s.Store.LinkByHash(ctx, hash)
}

func (s *measuredStore) ListLinks(ctx context.Context) ([]jitsiauth.Link, error) {
	defer s.took("list_links", time.Now())
	return s.Store.ListLinks(ctx)
}

func (s *measuredStore) TrimLinks(ctx context.Context, before time.Time, limit int) (int, error) {
	defer s.took("trim_links", time.Now())
	return s.Store.TrimLinks(ctx, before, limit)
}

func (s *measuredStore) Batch(ctx context.Context, work func(jitsiauth.UserTx) error) error {
	defer s.took("batch", time.Now())
	return s.Store.Batch(ctx, work)
}

func (s *measuredStore) CreateToken(ctx context.Context, t jitsiauth.Token, c jitsiauth.Change) error {
	defer s.took("create_token", time.Now())
	return s.Store.CreateToken(ctx, t, c)
}

func (s *measuredStore) ListTokens(ctx context.Context) ([]jitsiauth.Token, error) {
	defer s.took("list_tokens", time.Now())
	return s.Store.ListTokens(ctx)
}

func (s *measuredStore) DeleteToken(ctx context.Context, id jitsiauth.ID, c jitsiauth.Change) error {
	defer s.took("delete_token", time.Now())
	return s.Store.DeleteToken(ctx, id, c)
}

func (s *measuredStore) AddChange(ctx context.Context, c jitsiauth.Change) error {
	defer s.took("add_change", time.Now())
	return s.Store.AddChange(ctx, c)
}

func (s *measuredStore) ChangesBefore(ctx context.Context, before uint64, limit int) ([]jitsiauth.Change, error) {
	defer s.took("changes_before", time.Now())
	return s.Store.ChangesBefore(ctx, before, limit)
}

func (s *measuredStore) TrimChanges(ctx context.Context, before time.Time, limit int) (int, error) {
	defer s.took("trim_changes", time.Now())
	return s.Store.TrimChanges(ctx, before, limit)
}

func (s *measuredStore) PassMoments(ctx context.Context, now time.Time, limit int, entry func(jitsiauth.Record, jitsiauth.Moment) jitsiauth.Change) (int, error) {
	defer s.took("pass_moments", time.Now())
	return s.Store.PassMoments(ctx, now, limit, entry)
}

func (s *measuredStore) RearmMoments(ctx context.Context, after, until time.Time) error {
	defer s.took("rearm_moments", time.Now())
	return s.Store.RearmMoments(ctx, after, until)
}

func (s *measuredStore) AddLogins(ctx context.Context, b jitsiauth.LoginBatch) error {
	defer s.took("add_logins", time.Now())
	return s.Store.AddLogins(ctx, b)
}

func (s *measuredStore) ListLogins(ctx context.Context, before uint64, limit int) ([]jitsiauth.Login, error) {
	defer s.took("list_logins", time.Now())
	return s.Store.ListLogins(ctx, before, limit)
}

func (s *measuredStore) TrimLogins(ctx context.Context, before time.Time, most, limit int) (int, error) {
	defer s.took("trim_logins", time.Now())
	return s.Store.TrimLogins(ctx, before, most, limit)
}

func (s *measuredStore) KnownSources(ctx context.Context, id jitsiauth.ID) ([]jitsiauth.KnownSource, error) {
	defer s.took("known_sources", time.Now())
	return s.Store.KnownSources(ctx, id)
}

func (s *measuredStore) TrimSources(ctx context.Context, before time.Time, after jitsiauth.ID, limit int) (jitsiauth.ID, bool, error) {
	defer s.took("trim_sources", time.Now())
	return s.Store.TrimSources(ctx, before, after, limit)
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
