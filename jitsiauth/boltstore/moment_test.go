package boltstore

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

func lapsing(t *testing.T, i int, changed, from, until time.Time) jitsiauth.Record {
	t.Helper()
	r := member(t, i)
	r.UpdatedAt, r.ValidFrom, r.ValidUntil = changed, from, until
	return r
}

// asSchema1 makes of a file what the first version of the program left.
func asSchema1(root *bbolt.Bucket) error {
	return errors.Join(asSchema2(root), root.DeleteBucket(momentsBucket), root.DeleteBucket(loginsBucket),
		root.Bucket(metaBucket).Put(schemaKey, []byte("1")))
}

// A file of schema 1 gets the dates that came after the last change of their
// account, those of the past included.
func TestMigrateMoments(t *testing.T) {
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	path := newFile(t,
		lapsing(t, 1, base, time.Time{}, base.Add(time.Hour)),
		lapsing(t, 2, base, base.Add(-time.Hour), base.Add(2*time.Hour)),
		lapsing(t, 3, base.Add(5*time.Hour), time.Time{}, base.Add(time.Hour)),
		lapsing(t, 4, base, time.Time{}, time.Time{}))
	alter(t, path, asSchema1)
	s := openTest(t, path)
	var got []string
	entry := func(r jitsiauth.Record, m jitsiauth.Moment) jitsiauth.Change {
		got = append(got, r.JID.Local()+m.At.Format(" 15"))
		return jitsiauth.Change{Action: jitsiauth.UserExpired, Subject: r.ID}
	}
	for range 2 {
		if _, err := s.PassMoments(t.Context(), base.Add(9*time.Hour), 10, entry); err != nil {
			t.Fatal(err)
		}
	}
	want := member(t, 1).JID.Local() + " 01," + member(t, 2).JID.Local() + " 02"
	if strings.Join(got, ",") != want {
		t.Errorf("passed %q, want %q", got, want)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// A migration that fails leaves the file as it was.
func TestMigrateMomentsDamaged(t *testing.T) {
	path := newFile(t, member(t, 1))
	alter(t, path, func(root *bbolt.Bucket) error {
		return errors.Join(asSchema1(root), root.Bucket(usersBucket).Put([]byte("x"), []byte("{")))
	})
	for range 2 {
		if _, err := Open(path, nil); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "migration to schema 2") {
			t.Error(err)
		}
	}
}

func TestPendingDatesOverReopen(t *testing.T) {
	base := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	path := newFile(t, lapsing(t, 1, base, base.Add(time.Hour), base.Add(2*time.Hour)))
	total := 0
	for range 3 {
		s, err := Open(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		n, err := s.PassMoments(t.Context(), base.Add(9*time.Hour), 1, func(r jitsiauth.Record, _ jitsiauth.Moment) jitsiauth.Change {
			return jitsiauth.Change{Subject: r.ID}
		})
		if err := errors.Join(err, s.Check(t.Context()), s.Close()); err != nil {
			t.Fatal(err)
		}
		total += n
	}
	if total != 2 {
		t.Errorf("two dates passed %d times", total)
	}
}
