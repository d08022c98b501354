package boltstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// TestDamagedFile opens and checks files that were cut off or overwritten:
// each time an error, or all accounts as they were (free pages may hold
// anything), and never a panic.
func TestDamagedFile(t *testing.T) {
	var accounts []jitsiauth.Record
	for i := range 100 {
		accounts = append(accounts, member(t, i))
	}
	path := filepath.Join(t.TempDir(), "whole.db")
	s, err := Open(path, &Options{InitialMmapSize: -1}) // a small file: bbolt enlarges it by 16 MiB otherwise
	if err != nil {
		t.Fatal(err)
	}
	bulk(t, s, accounts)
	for range 10 {
		err = errors.Join(err, s.DeleteUser(t.Context(), accounts[0].ID, func(jitsiauth.Record) (jitsiauth.Change, error) {
			return jitsiauth.Change{Action: jitsiauth.UserDeleted}, nil
		}))
		accounts = accounts[1:]
	}
	if err := errors.Join(err, s.Check(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused, all := 0, damages(whole, os.Getpagesize())
	for what, content := range all {
		err := openDamaged(t, content, accounts)
		if err != nil {
			refused++
		}
		if err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNotDatabase) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if t.Logf("%d of %d refused", refused, len(all)); refused == 0 {
		t.Error("all were taken")
	}
}

// damages leaves out the two meta pages: where one is unreadable, bbolt goes
// back by one transaction.
func damages(whole []byte, page int) map[string][]byte {
	random := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // the same each time
	noise := func(int) byte { return byte(random.Uint32()) }
	all := map[string][]byte{}
	with := func(what string, from, to int, fill func(i int) byte) {
		content := append([]byte(nil), whole...)
		for i := from; i < to; i++ {
			content[i] = fill(i)
		}
		all[fmt.Sprint(what, " at ", from)] = content
	}
	for at := 0; at < len(whole); at += page {
		all[fmt.Sprint("cut off at ", at)] = whole[:at]
		all[fmt.Sprint("cut off at ", at+page/2)] = whole[:at+page/2]
		if at < 2*page {
			continue
		}
		with("zeros", at, at+page, func(int) byte { return 0 })
		with("ones", at, at+page, func(int) byte { return 0xff })
		with("noise", at, at+page, noise)
		with("noise behind the header", at+16, at+page, noise)
		with("flipped bits", at+16, at+80, func(i int) byte { return ^whole[i] })
		with("another page", at, at+page, func(i int) byte { return whole[(i+3*page)%len(whole)] })
	}
	return all
}

func openDamaged(t *testing.T, content []byte, accounts []jitsiauth.Record) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "damaged.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path, nil)
	if err != nil {
		if again, second := Open(path, &Options{LockTimeout: -1}); second == nil || errors.Is(second, ErrInUse) {
			t.Errorf("after %v, opened again: %v, %v", err, again, second)
		}
		return err
	}
	defer func() { _ = s.Close() }()
	if err := s.Check(t.Context()); err != nil {
		return err
	}
	for _, r := range accounts {
		if got, err := s.User(t.Context(), r.ID); err != nil || got != r {
			t.Errorf("passed its check, but has %+v, %v, not %+v", got, err, r)
		}
	}
	return nil
}
