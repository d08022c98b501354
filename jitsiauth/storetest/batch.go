package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// noted returns a change that sets the note and logs it.
func noted(note string) func(jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
	return func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
		old.Note = note
		c := userChange(jitsiauth.UserUpdated, old, "note")
		return old, &c, nil
	}
}

// testBatch: what a batch wrote is there, in the order it was written, and the
// batch itself sees it before.
func testBatch(t *testing.T, s jitsiauth.Store) {
	ann := create(t, s, "ann@a.example")
	bob, eve := newUser(t, "bob@a.example"), newUser(t, "eve@b.example")
	ok(t, s.Batch(t.Context(), func(tx jitsiauth.UserTx) error {
		got, err := tx.UserByJID(ann.JID)
		ok(t, err)
		same(t, "UserByJID in a batch", got, ann)
		_, err = tx.UserByJID(bob.JID)
		fails(t, "UserByJID of nobody", err, jitsiauth.ErrNotFound)
		ok(t, tx.CreateUser(bob, userChange(jitsiauth.UserCreated, bob)))
		got, err = tx.UserByJID(bob.JID)
		ok(t, err)
		same(t, "UserByJID of what the batch wrote", got, bob)
		for range 2 { // the second sees what the first made of it
			got, err = tx.UpdateUser(ann.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
				return noted(old.Note + "!")(old)
			})
			ok(t, err)
		}
		if got.Note != ann.Note+"!!" {
			t.Errorf("note %q", got.Note)
		}
		return tx.CreateUser(eve, userChange(jitsiauth.UserCreated, eve))
	}))
	ann.Note += "!!"
	for _, want := range []jitsiauth.Record{ann, bob, eve} {
		got, err := s.UserByJID(t.Context(), want.JID)
		ok(t, err)
		same(t, "UserByJID after the batch", got, want)
	}
	var names []string
	for _, c := range log(t, s) {
		names = append(names, string(c.Action)+" "+c.JID.Local())
	}
	same(t, "the log", names, []string{"user.created ann", "user.created bob", "user.updated ann", "user.updated ann", "user.created eve"})
}

// testBatchNothing: a batch that wrote nothing changes nothing.
func testBatchNothing(t *testing.T, s jitsiauth.Store) {
	ann := create(t, s, "ann@a.example")
	before := imageOf(t, s)
	ok(t, s.Batch(t.Context(), func(tx jitsiauth.UserTx) error {
		kept, err := tx.UpdateUser(ann.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) { return old, nil, nil })
		same(t, "an account left as it is", kept, ann)
		return err
	}))
	ok(t, s.Batch(t.Context(), func(jitsiauth.UserTx) error { return nil }))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	fails(t, "Batch", s.Batch(ctx, func(jitsiauth.UserTx) error {
		t.Error("work was called although the context has ended")
		return nil
	}), context.Canceled)
	same(t, "the store", imageOf(t, s), before)
}

// testBatchRefusal: a decision about one account leaves nothing of it behind,
// and the rest of the batch is kept.
func testBatchRefusal(t *testing.T, s jitsiauth.Store) {
	ann := create(t, s, "ann@a.example")
	again, bob, sameID := newUser(t, "ann@a.example"), newUser(t, "bob@a.example"), newUser(t, "eve@a.example")
	sameID.ID = ann.ID
	ok(t, s.Batch(t.Context(), func(tx jitsiauth.UserTx) error {
		fails(t, "a taken JID", tx.CreateUser(again, userChange(jitsiauth.UserCreated, again)), jitsiauth.ErrExists)
		fails(t, "a taken ID", tx.CreateUser(sameID, userChange(jitsiauth.UserCreated, sameID)), jitsiauth.ErrExists)
		ok(t, tx.CreateUser(bob, userChange(jitsiauth.UserCreated, bob)))
		fails(t, "the batch's own JID", tx.CreateUser(bob, userChange(jitsiauth.UserCreated, bob)), jitsiauth.ErrExists)
		_, err := tx.UpdateUser(newID(), noted("x"))
		fails(t, "UpdateUser of nobody", err, jitsiauth.ErrNotFound)
		_, err = tx.UpdateUser(ann.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
			old.Note = "changed"
			c := userChange(jitsiauth.UserUpdated, old, "note")
			return old, &c, errOfChange
		})
		fails(t, "UpdateUser refused", err, errOfChange)
		return nil
	}))
	all := imageOf(t, s)
	same(t, "the accounts", all.Users, []jitsiauth.Record{ann, bob})
	if len(all.Log) != 2 {
		t.Errorf("log of %d entries, want 2", len(all.Log))
	}
}

// testBatchRollback: after an error or a panic everything is as it was, and
// what was taken back can be done again.
func testBatchRollback(t *testing.T, s jitsiauth.Store) {
	ann := create(t, s, "ann@a.example")
	bob := newUser(t, "bob@a.example")
	before := imageOf(t, s)
	write := func(tx jitsiauth.UserTx) {
		ok(t, tx.CreateUser(bob, userChange(jitsiauth.UserCreated, bob)))
		for _, id := range []jitsiauth.ID{ann.ID, bob.ID, ann.ID} {
			_, err := tx.UpdateUser(id, noted("changed"))
			ok(t, err)
		}
	}
	err := s.Batch(t.Context(), func(tx jitsiauth.UserTx) error {
		write(tx)
		return errOfChange
	})
	if err != errOfChange { //nolint:errorlint // as it is, says the contract
		t.Errorf("error %v, want %v as it is", err, errOfChange)
	}
	same(t, "the store after an error", imageOf(t, s), before)
	func() {
		defer func() { _ = recover() }()
		_ = s.Batch(t.Context(), func(tx jitsiauth.UserTx) error {
			write(tx)
			panic("work panicked")
		})
	}()
	same(t, "the store after a panic", imageOf(t, s), before)
	_, err = s.User(t.Context(), bob.ID)
	fails(t, "User of an account taken back", err, jitsiauth.ErrNotFound)
	ok(t, s.Batch(t.Context(), func(tx jitsiauth.UserTx) error {
		write(tx)
		return nil
	}))
}

// testBatchTogether: a reader never sees a part of a batch.
func testBatchTogether(t *testing.T, s jitsiauth.Store) {
	const accounts, rounds = 5, 20
	var members []jitsiauth.Record
	for i := range accounts {
		members = append(members, create(t, s, fmt.Sprintf("user%d@a.example", i)))
	}
	ok(t, s.Batch(t.Context(), func(tx jitsiauth.UserTx) error { return noteAll(tx, members, "0") }))
	stop := make(chan struct{})
	var readers sync.WaitGroup
	readers.Go(func() {
		for {
			page, _, _, err := s.ListUsers(context.Background(), jitsiauth.ListQuery{})
			if err != nil {
				t.Error(err)
				return
			}
			for _, r := range page {
				if r.Note != page[0].Note {
					t.Errorf("%s has %q, %s has %q", page[0].JID, page[0].Note, r.JID, r.Note)
				}
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	for i := range rounds {
		err := s.Batch(t.Context(), func(tx jitsiauth.UserTx) error { return noteAll(tx, members, fmt.Sprint(i)) })
		if err != nil {
			t.Error(err)
		}
	}
	close(stop)
	readers.Wait()
}

func noteAll(tx jitsiauth.UserTx, members []jitsiauth.Record, note string) error {
	for _, r := range members {
		if _, err := tx.UpdateUser(r.ID, noted(note)); err != nil {
			return err
		}
		time.Sleep(100 * time.Microsecond) // for readers to look
	}
	return nil
}

// testBatchFresh: a batch sees an account that it made, whichever way it looks, and
// changes it.
func testBatchFresh(t *testing.T, s jitsiauth.Store) {
	old, boss, eve := create(t, s, "old@a.example"), newUser(t, "boss@a.example"), newUser(t, "eve@a.example")
	boss.Role, eve.ID = jitsiauth.RoleAdmin, boss.ID
	ok(t, s.Batch(t.Context(), func(tx jitsiauth.UserTx) error {
		has, err := tx.HasAdmin()
		ok(t, err)
		same(t, "HasAdmin before", has, false)
		ok(t, tx.CreateUser(boss, userChange(jitsiauth.UserCreated, boss)))
		got, err := tx.User(boss.ID)
		ok(t, err)
		same(t, "User of what the batch wrote", got, boss)
		fails(t, "an ID that the batch gave", tx.CreateUser(eve, userChange(jitsiauth.UserCreated, eve)), jitsiauth.ErrExists)
		_, err = tx.UserByJID(eve.JID)
		fails(t, "UserByJID of one who was refused", err, jitsiauth.ErrNotFound)
		has, err = tx.HasAdmin()
		ok(t, err)
		same(t, "HasAdmin of what the batch wrote", has, true)
		eve = newUser(t, "eve@a.example")
		ok(t, tx.CreateUser(eve, userChange(jitsiauth.UserCreated, eve)))
		eve, err = tx.UpdateUser(eve.ID, noted("new"))
		ok(t, err)
		got, err = tx.User(eve.ID)
		ok(t, err)
		same(t, "User of what the batch changed", got, eve)
		got, err = tx.UserByJID(eve.JID)
		ok(t, err)
		same(t, "UserByJID of what the batch changed", got, eve)
		return nil
	}))
	if eve.Note != "new" {
		t.Errorf("note %q", eve.Note)
	}
	same(t, "the accounts", imageOf(t, s).Users, []jitsiauth.Record{boss, eve, old})
}
