package storetest_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// forgetful takes a clock that goes back for a reason to begin anew.
type forgetful struct {
	*memstore.Store
	latest time.Time
}

func (s *forgetful) PassMoments(ctx context.Context, now time.Time, limit int, entry func(jitsiauth.Record, jitsiauth.Moment) jitsiauth.Change) (int, error) {
	passed, err := s.Store.PassMoments(ctx, now, limit, entry)
	if now.Before(s.latest) {
		page, _, _, failed := s.ListUsers(ctx, jitsiauth.ListQuery{})
		for _, r := range page {
			failed = errors.Join(failed, remake(ctx, s.Store, r))
		}
		err = errors.Join(err, failed)
	}
	s.latest = now
	return passed, err
}

// remake makes all dates of the account pending again.
func remake(ctx context.Context, s jitsiauth.Store, r jitsiauth.Record) error {
	bare := r
	bare.ValidFrom, bare.ValidUntil = time.Time{}, time.Time{}
	for _, version := range []jitsiauth.Record{bare, r} {
		_, err := s.UpdateUser(ctx, r.ID, func(jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) { return version, nil, nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// recreating makes dates pending with each write, also those that have passed.
type recreating struct{ *memstore.Store }

func (s recreating) UpdateUser(ctx context.Context, id jitsiauth.ID, change change) (jitsiauth.Record, error) {
	r, err := s.Store.UpdateUser(ctx, id, change)
	if err != nil {
		return r, err
	}
	return r, remake(ctx, s.Store, r)
}

// oldestFirst lists logins in the wrong order.
type oldestFirst struct{ *memstore.Store }

func (s oldestFirst) ListLogins(ctx context.Context, before uint64, limit int) ([]jitsiauth.Login, error) {
	entries, err := s.Store.ListLogins(ctx, before, limit)
	slices.Reverse(entries)
	return entries, err
}

// revising takes a login for a change of the account.
type revising struct{ *memstore.Store }

func (s revising) AddLogins(ctx context.Context, b jitsiauth.LoginBatch) error {
	err := s.Store.AddLogins(ctx, b)
	for id := range b.LastLogins {
		_, failed := s.UpdateUser(ctx, id, func(r jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
			r.Revision++
			return r, nil, nil
		})
		if !errors.Is(failed, jitsiauth.ErrNotFound) {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// lenient lets readers go on behind entries that are gone.
type lenient struct{ *memstore.Store }

func (s lenient) ListChanges(ctx context.Context, after jitsiauth.Position, limit int) ([]jitsiauth.Change, error) {
	entries, err := s.Store.ListChanges(ctx, after, limit)
	if head, failed := s.Head(ctx); failed == nil && after.Epoch == head.Epoch && after.N <= head.N && errors.Is(err, jitsiauth.ErrPositionLost) {
		return s.Store.ListChanges(ctx, jitsiauth.Position{}, limit)
	}
	return entries, err
}

// ofSomebody drops an entry that is about nobody.
type ofSomebody struct{ *memstore.Store }

func (s ofSomebody) AddChange(ctx context.Context, c jitsiauth.Change) error {
	if c.Subject.IsZero() {
		return ctx.Err()
	}
	return s.Store.AddChange(ctx, c)
}

// hoarding keeps any number of logins.
type hoarding struct{ *memstore.Store }

func (s hoarding) TrimLogins(ctx context.Context, before time.Time, _, limit int) (int, error) {
	return s.Store.TrimLogins(ctx, before, 0, limit)
}
