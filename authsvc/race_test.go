package authsvc_test

import (
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

// Of several administrators who saw the same revision, one gets through.
func TestIfMatchLosesNoUpdate(t *testing.T) {
	b := newBench(t)
	u := b.addUser("alice@meet.jitsi")
	c := b.client(jitsiauth.ScopeUsersWrite)
	for round := range uint64(5) {
		var mu sync.Mutex
		var won []string
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				note := strconv.FormatUint(round, 10) + "/" + strconv.Itoa(i)
				got, err := c.UpdateUser(t.Context(), u.ID.String(), api.UserPatch{Note: api.Some(note)}, client.IfRevision(round+1))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil && got.Note == note && got.Revision == round+2:
					won = append(won, note)
				case !errors.Is(err, jitsiauth.ErrRevision):
					t.Errorf("%+v %v", got, err)
				}
			})
		}
		group.Wait()
		got, err := c.User(t.Context(), u.ID.String())
		if err != nil || len(won) != 1 || got.Note != won[0] {
			t.Errorf("round %d: won %q, kept %q, %v", round, won, got.Note, err)
		}
	}
}

// A change and a removal that saw the same revision don't both come through.
func TestIfMatchBetweenChangeAndRemoval(t *testing.T) {
	b := newBench(t)
	c := b.client(jitsiauth.ScopeUsersWrite)
	for round := range 20 {
		u := b.addUser("user" + strconv.Itoa(round) + "@meet.jitsi")
		var changed, removed error
		var group sync.WaitGroup
		group.Go(func() {
			_, changed = c.UpdateUser(t.Context(), u.ID.String(), api.UserPatch{Note: api.Some("n")}, client.IfRevision(1))
		})
		group.Go(func() { removed = c.DeleteUser(t.Context(), u.ID.String(), client.IfRevision(1)) })
		group.Wait()
		got, err := c.User(t.Context(), u.ID.String())
		switch {
		case changed == nil && errors.Is(removed, jitsiauth.ErrRevision) && err == nil && got.Note == "n" && got.Revision == 2:
		case removed == nil && errors.Is(changed, jitsiauth.ErrNotFound) && errors.Is(err, jitsiauth.ErrNotFound):
		default:
			t.Errorf("changed: %v; removed: %v; left: %+v %v", changed, removed, got, err)
		}
	}
}

// Of several who make the same name, one gets through.
func TestOneNameOneAccount(t *testing.T) {
	b := newBench(t)
	c := b.client(jitsiauth.ScopeUsersWrite)
	var mu sync.Mutex
	made := 0
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			_, err := c.CreateUser(t.Context(), api.NewUser{JID: []string{"alice", "ALICE"}[i%2] + "@meet.jitsi", Generate: true})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made++
			} else if !errors.Is(err, jitsiauth.ErrExists) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if made != 1 {
		t.Errorf("%d accounts", made)
	}
}

// A change that was acknowledged is obeyed by the next login, while other
// logins go on all the time.
func TestNextLoginSeesTheChange(t *testing.T) {
	b := newBench(t)
	u := b.addUser("alice@meet.jitsi")
	users, auth := b.client(jitsiauth.ScopeUsersWrite), b.client(jitsiauth.ScopeAuth)
	done := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := auth.Verify(t.Context(), question()); err != nil && !errors.Is(err, jitsiauth.ErrDisabled) {
					t.Error(err)
				}
			}
		})
	}
	for i := range 20 {
		disabled := i%2 == 0
		if _, err := users.UpdateUser(t.Context(), u.ID.String(), api.UserPatch{Disabled: api.Some(disabled)}); err != nil {
			t.Error(err)
		}
		if _, err := auth.Verify(t.Context(), question()); errors.Is(err, jitsiauth.ErrDisabled) != disabled || !disabled && err != nil {
			t.Errorf("disabled %v: %v", disabled, err)
		}
	}
	close(done)
	group.Wait()
}
