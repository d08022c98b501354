package boltstore

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/jitsiauth/server/jitsiauth"
)

var seenAt = time.Date(2026, 11, 23, 10, 0, 0, 123456789, time.UTC)

func from(source string, at time.Time) jitsiauth.KnownSource {
	return jitsiauth.KnownSource{Source: netip.MustParseAddr(source), LastSeen: at}
}

func seen(r jitsiauth.Record, sources ...jitsiauth.KnownSource) jitsiauth.LoginBatch {
	return jitsiauth.LoginBatch{Sources: map[jitsiauth.ID][]jitsiauth.KnownSource{r.ID: sources}}
}

// knows compares the known sources of the account to the last bit.
func knows(t *testing.T, s *Store, r jitsiauth.Record, want ...jitsiauth.KnownSource) {
	t.Helper()
	got, err := s.KnownSources(t.Context(), r.ID)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestSourcesEncoding(t *testing.T) {
	for _, want := range [][]jitsiauth.KnownSource{
		nil,
		{from("192.0.2.7", seenAt)},
		{from("2001:db8::", seenAt), from("0.0.0.0", time.Time{}), from("::", time.Unix(-1, 1).UTC()), from("::ffff:192.0.2.7", time.Unix(math.MaxInt32+1, 999_999_999).UTC())},
	} {
		value := encodeSources(want)
		got, err := decodeSources(make([]byte, 16), value)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
		ends := map[int]bool{} // where a source is complete
		for i := range want {
			ends[len(encodeSources(want[:i]))] = true
		}
		for end := range value {
			if _, err := decodeSources(make([]byte, 16), value[:end]); errors.Is(err, ErrDamaged) == ends[end] {
				t.Errorf("the first %d of %d bytes: %v", end, len(value), err)
			}
		}
	}
}

func TestSourcesOverReopen(t *testing.T) {
	ann, bob := member(t, 1), member(t, 2)
	path := newFile(t, ann, bob)
	first, second := from("192.0.2.7", seenAt), from("2001:db8:1::", seenAt.Add(time.Hour))
	s := openTest(t, path)
	if err := errors.Join(s.AddLogins(t.Context(), seen(ann, first, second)), s.Close()); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, path)
	knows(t, s, ann, second, first)
	knows(t, s, bob)
	if _, _, err := s.TrimSources(t.Context(), seenAt.Add(time.Nanosecond), jitsiauth.ID{}, 9); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	knows(t, openTest(t, path), ann, second)
}

// TestTrimSourcesWritesNothing: a walk on which there is nothing to forget costs
// no fsync.
func TestTrimSourcesWritesNothing(t *testing.T) {
	ann := member(t, 1)
	s := openTest(t, newFile(t, ann))
	if err := s.AddLogins(t.Context(), seen(ann, from("192.0.2.7", seenAt))); err != nil {
		t.Fatal(err)
	}
	before := written(t, s)
	if next, more, err := s.TrimSources(t.Context(), seenAt, jitsiauth.ID{}, 9); err != nil || next != ann.ID || more {
		t.Errorf("%v, %v, %v", next, more, err)
	}
	if after := written(t, s); after != before {
		t.Errorf("transaction %d follows %d", after, before)
	}
}

// written is the number of the newest transaction in the file.
func written(t *testing.T, s *Store) (number int) {
	t.Helper()
	if err := s.db.View(func(tx *bbolt.Tx) error { number = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return number
}

// asSchema2 makes of a file what the program left that knew of no sources.
func asSchema2(root *bbolt.Bucket) error {
	return errors.Join(asSchema3(root), root.DeleteBucket(sourcesBucket), root.Bucket(metaBucket).Put(schemaKey, []byte("2")))
}

// A file of schema 2 is checked as it is, and gets room for sources when it is
// opened, or restored.
func TestMigrateSources(t *testing.T) {
	ann := member(t, 1)
	path := newFile(t, ann)
	alter(t, path, asSchema2)
	restoredTo := filepath.Join(t.TempDir(), "restored.db")
	if _, err := Restore(t.Context(), path, restoredTo, RestoreOptions{Entry: restored}); err != nil {
		t.Fatal(err)
	}
	if found, err := CheckFile(t.Context(), path, nil); err != nil || found.Schema != 2 {
		t.Errorf("%+v, %v", found, err)
	}
	for _, path := range []string{path, restoredTo} {
		s := openTest(t, path)
		if got, err := s.User(t.Context(), ann.ID); err != nil || got != ann {
			t.Errorf("%+v, %v", got, err)
		}
		knows(t, s, ann)
		known := from("192.0.2.7", seenAt)
		if err := errors.Join(s.AddLogins(t.Context(), seen(ann, known)), s.Check(t.Context())); err != nil {
			t.Fatal(err)
		}
		knows(t, s, ann, known)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if found, err := CheckFile(t.Context(), path, nil); err != nil || found.Schema != 1+len(migrations) {
			t.Errorf("%+v, %v", found, err)
		}
	}
}

// Sources are part of a backup, and of what is restored of it.
func TestBackupHoldsSources(t *testing.T) {
	ann, known := member(t, 1), from("192.0.2.7", seenAt)
	s := openTest(t, newFile(t, ann))
	if err := s.AddLogins(t.Context(), seen(ann, known)); err != nil {
		t.Fatal(err)
	}
	b, err := s.Backup(t.Context(), made)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "restored.db")
	if _, err := Restore(t.Context(), save(t, b), to, RestoreOptions{Entry: restored}); err != nil {
		t.Fatal(err)
	}
	knows(t, openTest(t, to), ann, known)
}

// TestSourcesDamaged: what can't be read is a failure and no lack of sources,
// which would make an account's owner wait with those who guess.
func TestSourcesDamaged(t *testing.T) {
	ann := member(t, 1)
	path := newFile(t, ann)
	alter(t, path, func(root *bbolt.Bucket) error { return root.Bucket(sourcesBucket).Put(ann.ID[:], []byte("short")) })
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	_, err = s.KnownSources(t.Context(), ann.ID)
	_, _, err2 := s.TrimSources(t.Context(), seenAt, jitsiauth.ID{}, 9)
	for _, err := range []error{err, err2, s.AddLogins(t.Context(), seen(ann, from("192.0.2.7", seenAt)))} {
		if want := fmt.Sprintf("known sources of account %s: number 1 can't be read", ann.ID); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func BenchmarkKnownSources(b *testing.B) {
	s := openTest(b, filepath.Join(b.TempDir(), "one.db"))
	r := member(b, 1)
	bulk(b, s, []jitsiauth.Record{r})
	var sources []jitsiauth.KnownSource
	for i := range jitsiauth.MaxKnownSources {
		sources = append(sources, from(fmt.Sprintf("2001:db8:0:%x::", i), seenAt.Add(time.Duration(i))))
	}
	if err := s.AddLogins(b.Context(), seen(r, sources...)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.KnownSources(b.Context(), r.ID); err != nil {
			b.Fatal(err)
		}
	}
}
