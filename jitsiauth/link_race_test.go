package jitsiauth_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// Of many who spend a link at once, as many get an account as it has uses, and
// the service hashes no more passwords than that.
func TestSpendAtOnce(t *testing.T) {
	for _, uses := range []int{1, 3} {
		var hashes, won atomic.Int32
		b := benchWith(t, memstore.New(), 4, jitsiauth.Options{ObserveHash: func(time.Duration) { hashes.Add(1) }, Hashers: 4})
		hashes.Store(0)
		l, secret := b.invite(t, jitsiauth.NewInvite{Uses: uses})
		var group sync.WaitGroup
		for i := range 12 {
			group.Go(func() {
				_, err := b.SpendInvite(t.Context(), secret, fmt.Sprint("user", i), typed(password))
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, jitsiauth.ErrNotFound) {
					t.Error(err)
				}
			})
		}
		group.Wait()
		page, err := b.List(t.Context(), jitsiauth.ListQuery{})
		if err != nil || int(won.Load()) != uses || len(page.Users) != uses || int(hashes.Load()) != uses {
			t.Errorf("%d uses: %d won, %d accounts, %d hashes, %v", uses, won.Load(), len(page.Users), hashes.Load(), err)
		}
		if state := b.state(t, l.ID); state != jitsiauth.LinkUsedUp {
			t.Errorf("state %s", state)
		}
	}
}

// Two people with two links who want one name: one gets it, and the other's link
// stays.
func TestSpendOneName(t *testing.T) {
	for range 10 {
		b := newBench(t)
		_, s1 := b.invite(t, jitsiauth.NewInvite{})
		_, s2 := b.invite(t, jitsiauth.NewInvite{})
		errs := make(chan error, 2)
		for _, secret := range []string{s1, s2} {
			go func() {
				_, err := b.SpendInvite(context.Background(), secret, "alice", typed(password))
				errs <- err
			}()
		}
		first, second := <-errs, <-errs
		if (first == nil) == (second == nil) || !errors.Is(errors.Join(first, second), jitsiauth.ErrExists) {
			t.Errorf("%v, %v", first, second)
		}
		links, err := b.ListLinks(t.Context())
		if err != nil || links[0].Left+links[1].Left != 1 {
			t.Errorf("%+v, %v", links, err)
		}
	}
}

// Two links for the first administrator make one.
func TestOneFirstAdministrator(t *testing.T) {
	for range 10 {
		b := newBench(t)
		var secrets []string
		for range 2 {
			_, secret, err := b.CreateAdminLink(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			secrets = append(secrets, secret)
		}
		errs := make(chan error, 2)
		for i, secret := range secrets {
			go func() {
				_, err := b.SpendAdmin(context.Background(), secret, fmt.Sprint("root", i), typed(password))
				errs <- err
			}()
		}
		first, second := <-errs, <-errs
		if (first == nil) == (second == nil) || !errors.Is(errors.Join(first, second), jitsiauth.ErrNotFound) {
			t.Errorf("%v, %v", first, second)
		}
	}
}

// A reset link never overwrites a password that was set since it was made.
func TestResetAgainstSetPassword(t *testing.T) {
	for range 20 {
		b := newBench(t)
		u := b.add(t, jitsiauth.NewUser{}, "alice")
		_, secret := b.reset(t, u.ID)
		var group sync.WaitGroup
		var byLink error
		group.Go(func() { _, byLink = b.SpendReset(context.Background(), secret, typed("by link")) })
		group.Go(func() {
			if _, err := b.SetPassword(context.Background(), u.ID, typed("by hand")); err != nil {
				t.Error(err)
			}
		})
		group.Wait()
		if byLink != nil && !errors.Is(byLink, jitsiauth.ErrNotFound) {
			t.Error(byLink)
		}
		if err := b.verify(t, "alice", "by hand"); err != nil {
			t.Errorf("the password set by hand: %v (by link: %v)", err, byLink)
		}
	}
}

// meanwhile is a store that does something once, while a password is hashed:
// before the batch that spends a link.
type meanwhile struct {
	*memstore.Store
	do func()
}

func (s *meanwhile) Batch(ctx context.Context, work func(jitsiauth.UserTx) error) error {
	if do := s.do; do != nil {
		s.do = nil
		do()
	}
	return s.Store.Batch(ctx, work)
}

// What ends a link while the password is hashed ends it in time.
func TestLinkEndsMeanwhile(t *testing.T) {
	for what, end := range map[string]func(b *bench, l jitsiauth.Link, u jitsiauth.User) error{
		"revoked": func(b *bench, l jitsiauth.Link, _ jitsiauth.User) error {
			return b.RevokeLink(context.Background(), l.ID)
		},
		"expired": func(b *bench, _ jitsiauth.Link, _ jitsiauth.User) error { b.clock.Add(24 * time.Hour); return nil },
		"disabled": func(b *bench, _ jitsiauth.Link, u jitsiauth.User) error {
			_, err := b.Disable(context.Background(), u.ID)
			return err
		},
		"deleted": func(b *bench, _ jitsiauth.Link, u jitsiauth.User) error { return b.Delete(context.Background(), u.ID) },
	} {
		store := &meanwhile{Store: memstore.New()}
		b := benchOn(t, store, 4)
		u := b.add(t, jitsiauth.NewUser{}, "alice")
		l, secret := b.reset(t, u.ID)
		store.do = func() {
			if err := end(b, l, u); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := b.SpendReset(t.Context(), secret, typed("new")); !errors.Is(err, jitsiauth.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

var errLinks = errors.New("disk full")

// brokenLinks is a store that fails at links.
type brokenLinks struct{ *memstore.Store }

func (brokenLinks) LinkByHash(context.Context, [32]byte) (jitsiauth.Link, error) {
	return jitsiauth.Link{}, errLinks
}

// A failure is no verdict about a link.
func TestLinkFailure(t *testing.T) {
	b := newBench(t)
	_, secret := b.invite(t, jitsiauth.NewInvite{})
	broken := benchOn(t, brokenLinks{memstore.New()}, 4)
	if _, err := broken.LookUpLink(t.Context(), secret); !errors.Is(err, errLinks) {
		t.Error(err)
	}
	if _, err := broken.SpendInvite(t.Context(), secret, "alice", typed(password)); !errors.Is(err, errLinks) {
		t.Error(err)
	}
	// Who waits for a turn waits no longer than they want.
	store := &meanwhile{Store: memstore.New()}
	b = benchOn(t, store, 4)
	_, secret = b.invite(t, jitsiauth.NewInvite{Uses: 2})
	ctx, cancel := context.WithCancel(t.Context())
	store.do = func() {
		cancel()
		if _, err := b.SpendInvite(ctx, secret, "bob", typed(password)); !errors.Is(err, context.Canceled) {
			t.Errorf("behind another: %v", err)
		}
	}
	if _, err := b.SpendInvite(t.Context(), secret, "alice", typed(password)); err != nil {
		t.Error(err)
	}
}
