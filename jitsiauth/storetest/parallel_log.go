package storetest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// testLogReaders: while some write, others follow the log. Each sees every
// entry once, in order, none appears behind the reader's back, and what an
// entry tells is there to be seen.
func testLogReaders(t *testing.T, s jitsiauth.Store) {
	const writers, readers = 4, 4
	const total = writers * rounds * 2 // each creates and updates
	together(t, writers+readers, func(ctx context.Context, i int) error {
		if i < writers {
			return writeUsers(ctx, s, i)
		}
		return followLog(ctx, s, total, i%3+1)
	})
}

func writeUsers(ctx context.Context, s jitsiauth.Store, writer int) error {
	for i := range rounds {
		jid, err := jitsiauth.NewJID(fmt.Sprintf("user%d-%d", writer, i), "a.example")
		if err != nil {
			return err
		}
		r := jitsiauth.Record{User: jitsiauth.User{ID: newID(), JID: jid, Role: jitsiauth.RoleUser, Revision: 1}}
		if err := s.CreateUser(ctx, r, userChange(jitsiauth.UserCreated, r)); err != nil {
			return err
		}
		_, err = s.UpdateUser(ctx, r.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
			old.Revision++
			c := userChange(jitsiauth.UserUpdated, old)
			return old, &c, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func followLog(ctx context.Context, s jitsiauth.Store, total uint64, limit int) error {
	at, err := s.Head(ctx)
	if err != nil {
		return err
	}
	at.N = 0
	for at.N < total {
		head, err := s.Head(ctx)
		if err != nil {
			return err
		}
		entries, err := s.ListChanges(ctx, at, limit)
		if err != nil {
			return err
		}
		if len(entries) == 0 && head.N > at.N {
			return fmt.Errorf("the head is %d, but nothing follows %d", head.N, at.N)
		}
		for _, c := range entries {
			if c.Position.N != at.N+1 || c.Position.Epoch != at.Epoch {
				return fmt.Errorf("entry %v follows %v", c.Position, at)
			}
			at = c.Position
			if err := seeEffect(ctx, s, c); err != nil {
				return err
			}
		}
		runtime.Gosched()
	}
	return nil
}

// seeEffect: the account is there by the time its entry is.
func seeEffect(ctx context.Context, s jitsiauth.Store, c jitsiauth.Change) error {
	r, err := s.UserByJID(ctx, c.JID)
	if err != nil {
		return fmt.Errorf("entry %v, %s of %s, is visible before its change: %w", c.Position, c.Action, c.JID, err)
	}
	if c.Action == jitsiauth.UserUpdated && r.Revision < 2 {
		return fmt.Errorf("entry %v, %s of %s, is visible before its change", c.Position, c.Action, c.JID)
	}
	return nil
}

// testListChurn: readers page through accounts while others come and go.
func testListChurn(t *testing.T, s jitsiauth.Store) {
	const churners, readers, walks = 2, 3, 10
	stay := []string{}
	for i := range 20 {
		stay = append(stay, create(t, s, fmt.Sprintf("m%02d@a.example", i)).JID.String())
	}
	enough := make(chan struct{})
	var reading sync.WaitGroup
	var churned atomic.Int64
	reading.Add(readers)
	go func() { reading.Wait(); close(enough) }()
	together(t, churners+readers, func(ctx context.Context, i int) error {
		if i < churners {
			return churn(ctx, s, i, &churned, enough)
		}
		defer reading.Done()
		for walk := 0; walk < walks || churned.Load() < 2*walks; walk++ {
			all, err := listAll(ctx, s, jitsiauth.ListQuery{Limit: i})
			if err != nil {
				return err
			}
			if err := seenOnce(names(all), stay); err != nil {
				return err
			}
		}
		return nil
	})
}

// churn creates and deletes accounts between those that stay.
func churn(ctx context.Context, s jitsiauth.Store, churner int, churned *atomic.Int64, enough <-chan struct{}) error {
	for i := 0; ; i++ {
		select {
		case <-enough:
			return nil
		default:
		}
		jid, err := jitsiauth.NewJID(fmt.Sprintf("m%02dx%d", (i*7+churner)%20, churner), "a.example")
		if err != nil {
			return err
		}
		r := jitsiauth.Record{User: jitsiauth.User{ID: newID(), JID: jid, Role: jitsiauth.RoleUser, Revision: 1}}
		if err := s.CreateUser(ctx, r, userChange(jitsiauth.UserCreated, r)); err != nil {
			return err
		}
		if err := s.DeleteUser(ctx, r.ID, deleted); err != nil {
			return err
		}
		churned.Add(1)
	}
}

func seenOnce(seen, stay []string) error {
	if !slices.IsSorted(seen) {
		return fmt.Errorf("not in order: %v", seen)
	}
	for _, name := range stay {
		if n := count(seen, name); n != 1 {
			return fmt.Errorf("%s was there all the while and was seen %d times", name, n)
		}
	}
	return nil
}
