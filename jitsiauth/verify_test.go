package jitsiauth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

func TestVerifyOutcomes(t *testing.T) {
	b := newBench(t)
	now := b.clock.Now()
	b.add(t, jitsiauth.NewUser{}, "alice")
	b.add(t, jitsiauth.NewUser{Disabled: true}, "disabled")
	b.add(t, jitsiauth.NewUser{ValidUntil: now}, "expired")
	b.add(t, jitsiauth.NewUser{ValidFrom: now.Add(time.Hour)}, "early")
	b.add(t, jitsiauth.NewUser{Password: strings.Repeat("a", 72)}, "long")
	b.add(t, jitsiauth.NewUser{Password: "ｐａｓｓ１"}, "Straße")
	b.add(t, jitsiauth.NewUser{}, "alice@other.example")
	for _, test := range []struct {
		name    string
		attempt jitsiauth.Attempt
		want    error
	}{
		{"right", jitsiauth.Attempt{Username: "alice", Password: password}, nil},
		{"capitals in the name", jitsiauth.Attempt{Username: "ALICE", Password: password}, nil},
		{"domain named", jitsiauth.Attempt{Username: "alice", Domain: "Other.Example", Password: password}, nil},
		{"full-width is the same", jitsiauth.Attempt{Username: "strasse", Password: "pass1"}, nil},
		{"72 bytes", jitsiauth.Attempt{Username: "long", Password: strings.Repeat("a", 72)}, nil},
		{"73 bytes", jitsiauth.Attempt{Username: "long", Password: strings.Repeat("a", 73)}, jitsiauth.ErrBadCredentials},
		{"wrong", jitsiauth.Attempt{Username: "alice", Password: "wrong"}, jitsiauth.ErrBadCredentials},
		{"capitals in the password", jitsiauth.Attempt{Username: "alice", Password: "Correct horse"}, jitsiauth.ErrBadCredentials},
		{"empty password", jitsiauth.Attempt{Username: "alice"}, jitsiauth.ErrBadCredentials},
		{"unknown name", jitsiauth.Attempt{Username: "nobody", Password: password}, jitsiauth.ErrBadCredentials},
		{"empty name", jitsiauth.Attempt{Password: password}, jitsiauth.ErrBadCredentials},
		{"no such name can be", jitsiauth.Attempt{Username: "a@b", Password: password}, jitsiauth.ErrBadCredentials},
		{"control character", jitsiauth.Attempt{Username: "alice", Password: "a\x00"}, jitsiauth.ErrBadCredentials},
		{"disabled, right", jitsiauth.Attempt{Username: "disabled", Password: password}, jitsiauth.ErrDisabled},
		{"disabled, wrong", jitsiauth.Attempt{Username: "disabled", Password: "wrong"}, jitsiauth.ErrBadCredentials},
		{"expired, right", jitsiauth.Attempt{Username: "expired", Password: password}, jitsiauth.ErrExpired},
		{"expired, wrong", jitsiauth.Attempt{Username: "expired", Password: "wrong"}, jitsiauth.ErrBadCredentials},
		{"early, right", jitsiauth.Attempt{Username: "early", Password: password}, jitsiauth.ErrNotYetValid},
		{"early, wrong", jitsiauth.Attempt{Username: "early", Password: "wrong"}, jitsiauth.ErrBadCredentials},
		{"domain not served", jitsiauth.Attempt{Username: "alice", Domain: "nowhere.example", Password: password}, jitsiauth.ErrUnknownDomain},
		{"no domain at all", jitsiauth.Attempt{Username: "alice", Domain: "a b", Password: password}, jitsiauth.ErrUnknownDomain},
	} {
		t.Run(test.name, func(t *testing.T) {
			u, err := b.Verify(t.Context(), test.attempt)
			if !errors.Is(err, test.want) {
				t.Fatalf("Verify = %v, want %v", err, test.want)
			}
			if (err == nil) == u.ID.IsZero() {
				t.Errorf("Verify gave account %+v with %v", u, err)
			}
		})
	}
	if n := len(b.changes(t)); n != 7 {
		t.Errorf("%d changes in the log; logins are none", n)
	}
}

func TestVerifySeesTheLatestChange(t *testing.T) {
	b := newBench(t)
	u := b.add(t, jitsiauth.NewUser{}, "alice")
	steps := []struct {
		name string
		do   func() error
		want error
	}{
		{"disable", func() error { _, err := b.Disable(t.Context(), u.ID); return err }, jitsiauth.ErrDisabled},
		{"enable", func() error { _, err := b.Enable(t.Context(), u.ID); return err }, nil},
		{"new password", func() error {
			_, err := b.SetPassword(t.Context(), u.ID, jitsiauth.NewPassword{Password: "new"})
			return err
		}, jitsiauth.ErrBadCredentials},
		{"old password", func() error {
			_, err := b.SetPassword(t.Context(), u.ID, jitsiauth.NewPassword{Password: password})
			return err
		}, nil},
		{"delete", func() error { return b.Delete(t.Context(), u.ID) }, jitsiauth.ErrBadCredentials},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if err := b.verify(t, "alice", password); !errors.Is(err, step.want) {
			t.Errorf("after %s: %v, want %v", step.name, err, step.want)
		}
	}
}

func TestVerifyBoundToDomains(t *testing.T) {
	b := newBench(t)
	b.add(t, jitsiauth.NewUser{}, "alice")
	_, err := b.Verify(as(t, jitsiauth.RoleUser, "other.example"), jitsiauth.Attempt{Username: "alice", Domain: "meet.jitsi", Password: password})
	if !errors.Is(err, jitsiauth.ErrUnknownDomain) {
		t.Errorf("a token of another domain got %v", err)
	}
}

// during is a store in which something happens between the first look at an
// account and the second one, while the password is compared.
type during struct {
	jitsiauth.Store
	happens func()
}

func (d *during) UserByJID(ctx context.Context, jid jitsiauth.JID) (jitsiauth.Record, error) {
	r, err := d.Store.UserByJID(ctx, jid)
	if d.happens != nil {
		d.happens()
	}
	return r, err
}

func TestVerifyObeysChangesMadeWhileHashing(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(b *bench, id jitsiauth.ID) error
		want error
	}{
		{"disabled", func(b *bench, id jitsiauth.ID) error { _, err := b.Disable(context.Background(), id); return err }, jitsiauth.ErrDisabled},
		{"deleted", func(b *bench, id jitsiauth.ID) error { return b.Delete(context.Background(), id) }, jitsiauth.ErrBadCredentials},
		{"new password", func(b *bench, id jitsiauth.ID) error {
			_, err := b.SetPassword(context.Background(), id, jitsiauth.NewPassword{Password: "new"})
			return err
		}, jitsiauth.ErrBadCredentials},
		{"renamed in words only", func(b *bench, id jitsiauth.ID) error {
			_, err := b.Update(context.Background(), id, jitsiauth.UserChange{Note: new("n")})
			return err
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := &during{Store: memstore.New()}
			b := benchOn(t, store, bcrypt.MinCost)
			u := b.add(t, jitsiauth.NewUser{}, "alice")
			store.happens = func() {
				if err := test.do(b, u.ID); err != nil {
					t.Error(err)
				}
			}
			if err := b.verify(t, "alice", password); !errors.Is(err, test.want) {
				t.Errorf("Verify = %v, want %v", err, test.want)
			}
		})
	}
}

var errBroken = errors.New("disk on fire")

// broken is a store that fails at the nth look at an account.
type broken struct {
	jitsiauth.Store
	left int
}

func (s *broken) fail() error {
	if s.left--; s.left < 0 {
		return errBroken
	}
	return nil
}

func (s *broken) UserByJID(ctx context.Context, jid jitsiauth.JID) (jitsiauth.Record, error) {
	if err := s.fail(); err != nil {
		return jitsiauth.Record{}, err
	}
	return s.Store.UserByJID(ctx, jid)
}

func (s *broken) User(ctx context.Context, id jitsiauth.ID) (jitsiauth.Record, error) {
	if err := s.fail(); err != nil {
		return jitsiauth.Record{}, err
	}
	return s.Store.User(ctx, id)
}

// A failure is never a wrong password, nor a right one.
func TestVerifyTellsFailuresApart(t *testing.T) {
	for left := range 2 {
		store := &broken{Store: memstore.New(), left: 100}
		b := benchOn(t, store, bcrypt.MinCost)
		b.add(t, jitsiauth.NewUser{}, "alice")
		store.left = left
		err := b.verify(t, "alice", password)
		if !errors.Is(err, errBroken) || errors.Is(err, jitsiauth.ErrBadCredentials) {
			t.Errorf("failing after %d: %v", left, err)
		}
	}
}

func TestVerifyUpgradesTheHash(t *testing.T) {
	store := memstore.New()
	old := benchOn(t, store, bcrypt.MinCost)
	u := old.add(t, jitsiauth.NewUser{}, "alice")
	dearer := benchOn(t, store, bcrypt.MinCost+1)
	cost := func() int {
		r, err := store.User(t.Context(), u.ID)
		if err != nil {
			t.Fatal(err)
		}
		if r.User != u {
			t.Errorf("the account is now %+v, was %+v", r.User, u)
		}
		c, err := bcrypt.Cost([]byte(r.PasswordHash))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if err := dearer.verify(t, "alice", "wrong"); !errors.Is(err, jitsiauth.ErrBadCredentials) || cost() != bcrypt.MinCost {
		t.Errorf("a wrong password: %v, cost %d", err, cost())
	}
	if err := dearer.verify(t, "alice", password); err != nil || cost() != bcrypt.MinCost+1 {
		t.Errorf("the right one: %v, cost %d", err, cost())
	}
	if err := old.verify(t, "alice", password); err != nil || cost() != bcrypt.MinCost+1 {
		t.Errorf("a lower cost configured: %v, cost %d", err, cost())
	}
	if n := len(old.changes(t)); n != 1 {
		t.Errorf("%d log entries, want the creation alone", n)
	}
}

// atUpdate is a store in which something happens just before an update.
type atUpdate struct {
	jitsiauth.Store
	happens func()
}

func (s *atUpdate) UpdateUser(ctx context.Context, id jitsiauth.ID, change func(jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error)) (jitsiauth.Record, error) {
	if happens := s.happens; happens != nil {
		s.happens = nil
		happens()
	}
	return s.Store.UpdateUser(ctx, id, change)
}

// The upgrade of a hash takes as long as a login; a change acknowledged during
// it is obeyed too.
func TestDisabledDuringUpgrade(t *testing.T) {
	inner := memstore.New()
	first := benchOn(t, inner, bcrypt.MinCost)
	u := first.add(t, jitsiauth.NewUser{}, "alice")
	store := &atUpdate{Store: inner}
	b := benchOn(t, store, bcrypt.MinCost+1)
	store.happens = func() {
		if _, err := first.Disable(context.Background(), u.ID); err != nil {
			t.Error(err)
		}
	}
	if err := b.verify(t, "alice", password); !errors.Is(err, jitsiauth.ErrDisabled) {
		t.Errorf("Verify = %v, want %v", err, jitsiauth.ErrDisabled)
	}
}

func TestNewPasswordWinsOverUpgrade(t *testing.T) {
	inner := memstore.New()
	first := benchOn(t, inner, bcrypt.MinCost)
	u := first.add(t, jitsiauth.NewUser{}, "alice")
	store := &atUpdate{Store: inner}
	b := benchOn(t, store, bcrypt.MinCost+1)
	store.happens = func() {
		if _, err := first.SetPassword(context.Background(), u.ID, jitsiauth.NewPassword{Password: "new"}); err != nil {
			t.Error(err)
		}
	}
	// That password was right when the login began, and is not any more.
	if err := b.verify(t, "alice", password); !errors.Is(err, jitsiauth.ErrBadCredentials) {
		t.Errorf("the login under way: %v", err)
	}
	if err := b.verify(t, "alice", "new"); err != nil {
		t.Errorf("the new password was lost: %v", err)
	}
	if err := b.verify(t, "alice", password); !errors.Is(err, jitsiauth.ErrBadCredentials) {
		t.Errorf("the old password came back: %v", err)
	}
}
