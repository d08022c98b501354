package storetest_test

import (
	"context"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// oneByOne keeps each write of a batch at once.
type oneByOne struct{ *memstore.Store }

func (s oneByOne) Batch(ctx context.Context, work func(jitsiauth.UserTx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return work(singly{s.Store, ctx})
}

type singly struct {
	store *memstore.Store
	ctx   context.Context //nolint:containedctx // of one call
}

func (s singly) CreateUser(r jitsiauth.Record, c jitsiauth.Change) error {
	return s.store.CreateUser(s.ctx, r, c)
}

func (s singly) UserByJID(jid jitsiauth.JID) (jitsiauth.Record, error) {
	return s.store.UserByJID(s.ctx, jid)
}

func (s singly) UpdateUser(id jitsiauth.ID, change change) (jitsiauth.Record, error) {
	return s.store.UpdateUser(s.ctx, id, change)
}
