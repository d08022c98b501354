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
// each time an error or a store that passes its check, and never a panic.
func TestDamagedFile(t *testing.T) {
	var accounts []jitsiauth.Record
	for i := range 300 {
		accounts = append(accounts, member(t, i))
	}
	path := filepath.Join(t.TempDir(), "whole.db")
	s, err := Open(path, &Options{InitialMmapSize: -1}) // a small file: bbolt enlarges it by 16 MiB otherwise
	if err != nil {
		t.Fatal(err)
	}
	bulk(t, s, accounts)
	for _, r := range accounts[:10] {
		err = errors.Join(err, s.DeleteUser(t.Context(), r.ID, func(jitsiauth.Record) (jitsiauth.Change, error) {
			return jitsiauth.Change{Action: jitsiauth.UserDeleted}, nil
		}))
	}
	if err := errors.Join(err, s.Check(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	refused := 0
	t.Logf("%d pages", len(whole)/page)
	for what, content := range damages(whole, page) {
		if err := openDamaged(t, content); err != nil {
			refused++
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNotDatabase) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	// Free pages may hold anything, and one of two meta pages is enough.
	if total := len(damages(whole, page)); refused < total/2 {
		t.Errorf("%d of %d refused", refused, total)
	}
}

func damages(whole []byte, page int) map[string][]byte {
	random := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // the same each time
	all := map[string][]byte{}
	with := func(what string, from, to int, fill func(i int) byte) {
		content := append([]byte(nil), whole...)
		for i := from; i < to; i++ {
			content[i] = fill(i)
		}
		all[what] = content
	}
	for at := 0; at < len(whole); at += page {
		all[fmt.Sprint("cut off at ", at)] = whole[:at]
		all[fmt.Sprint("cut off at ", at+page/2)] = whole[:at+page/2]
		with(fmt.Sprint("zeros at ", at), at, at+page, func(int) byte { return 0 })
		with(fmt.Sprint("ones at ", at), at, at+page, func(int) byte { return 0xff })
		with(fmt.Sprint("noise at ", at), at, at+page, func(int) byte { return byte(random.Uint32()) }) //nolint:gosec // any
		with(fmt.Sprint("noise behind the header of ", at), at+16, at+page, func(int) byte { return byte(random.Uint32()) })
		with(fmt.Sprint("flipped bits at ", at), at+16, at+80, func(i int) byte { return ^whole[i] })
		with(fmt.Sprint("another page at ", at), at, at+page, func(i int) byte { return whole[(i+3*page)%len(whole)] })
	}
	return all
}

func openDamaged(t *testing.T, content []byte) error {
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
	err = s.Check(t.Context())
	_ = s.Close()
	return err
}
