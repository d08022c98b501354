package storetest_test

import (
	"context"
	"slices"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// batched runs one step of a batch that oneByOne takes apart.
func (s singly) batched(work func(tx jitsiauth.UserTx) error) error {
	return s.store.Batch(s.ctx, work)
}

func (s singly) User(id jitsiauth.ID) (jitsiauth.Record, error) { return s.store.User(s.ctx, id) }

func (s singly) HasAdmin() (bool, error) { return s.store.HasAdmin(s.ctx) }

func (s singly) Link(id jitsiauth.ID) (l jitsiauth.Link, err error) {
	return l, s.batched(func(tx jitsiauth.UserTx) error { l, err = tx.Link(id); return err })
}

func (s singly) OpenLinks(now time.Time) (open int, err error) {
	return open, s.batched(func(tx jitsiauth.UserTx) error { open, err = tx.OpenLinks(now); return err })
}

func (s singly) CreateLink(l jitsiauth.Link, c jitsiauth.Change) error {
	return s.batched(func(tx jitsiauth.UserTx) error { return tx.CreateLink(l, c) })
}

func (s singly) SpendLink(id jitsiauth.ID, c jitsiauth.Change) (l jitsiauth.Link, err error) {
	err = s.batched(func(tx jitsiauth.UserTx) error { l, err = tx.SpendLink(id, c); return err })
	return l, err
}

func (s singly) DeleteLink(id jitsiauth.ID, c jitsiauth.Change) error {
	return s.batched(func(tx jitsiauth.UserTx) error { return tx.DeleteLink(id, c) })
}

// firstPageAdmin looks at the first accounts alone.
type firstPageAdmin struct{ *memstore.Store }

func (s firstPageAdmin) HasAdmin(ctx context.Context) (bool, error) {
	page, _, _, err := s.ListUsers(ctx, jitsiauth.ListQuery{Limit: 1})
	return slices.ContainsFunc(page, func(r jitsiauth.Record) bool { return r.Role == jitsiauth.RoleAdmin }), err
}

// latestLinks lists the newest first.
type latestLinks struct{ *memstore.Store }

func (s latestLinks) ListLinks(ctx context.Context) ([]jitsiauth.Link, error) {
	links, err := s.Store.ListLinks(ctx)
	slices.Reverse(links)
	return links, err
}

// TrimLinks of eager removes what is just not old enough.
func (s eager) TrimLinks(ctx context.Context, before time.Time, limit int) (int, error) {
	return s.Store.TrimLinks(ctx, before.Add(time.Microsecond), limit)
}
