package jitsiauth

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// trimmed is a store in which there is so much to remove and to forget. It
// notes what it is asked.
type trimmed struct {
	Store
	changes, logins, accounts int
	links                     int
	err                       error
	asked                     []string
}

func (s *trimmed) TrimChanges(_ context.Context, before time.Time, limit int) (int, error) {
	n := min(s.changes, limit)
	s.changes -= n
	s.asked = append(s.asked, fmt.Sprint("changes before ", before.Format(time.DateTime)))
	return n, s.err
}

func (s *trimmed) TrimLogins(_ context.Context, before time.Time, most, limit int) (int, error) {
	n := min(s.logins, limit)
	s.logins -= n
	s.asked = append(s.asked, fmt.Sprint("logins before ", before.Format(time.DateTime), " most ", most))
	return n, s.err
}

func (s *trimmed) TrimLinks(_ context.Context, before time.Time, limit int) (int, error) {
	n := min(s.links, limit)
	s.links -= n
	s.asked = append(s.asked, fmt.Sprint("links before ", before.Format(time.DateTime)))
	return n, s.err
}

func (s *trimmed) TrimSources(_ context.Context, before time.Time, after ID, limit int) (ID, bool, error) {
	from := binary.BigEndian.Uint64(after[8:])
	s.asked = append(s.asked, fmt.Sprint("sources before ", before.Format(time.DateTime), " from ", from))
	if s.err != nil {
		return ID{}, false, s.err
	}
	to := min(from+uint64(limit), uint64(s.accounts))
	binary.BigEndian.PutUint64(after[8:], to)
	return after, to < uint64(s.accounts), nil
}

// retention is a service on such a store, with a clock to set.
func retention(t *testing.T, opts Options) (*Service, *trimmed, *time.Time) {
	t.Helper()
	store, now := &trimmed{}, time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	opts.Now = func() time.Time { return now }
	s, err := New(store, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s, store, &now
}

// ticks does the work that many times, a second apart, and returns how often
// the store was asked.
func ticks(t *testing.T, work func(context.Context) error, store *trimmed, now *time.Time, n int) (asked int) {
	t.Helper()
	before := len(store.asked)
	for range n {
		if err := work(t.Context()); !errors.Is(err, store.err) {
			t.Fatal(err)
		}
		*now = now.Add(time.Second)
	}
	return len(store.asked) - before
}

func TestTrimmer(t *testing.T) {
	const day = 24 * time.Hour
	s, store, now := retention(t, Options{ChangesRetention: 20 * day, LoginsRetention: 2 * day, MaxLogins: MinMaxLogins})
	trim := s.trimmer()
	ticks(t, trim, store, now, 1)
	if want := []string{"changes before 2026-11-03 10:00:00", "logins before 2026-11-21 10:00:00 most 1000", "links before 2026-10-24 10:00:00"}; !slices.Equal(store.asked, want) {
		t.Errorf("asked %q, want %q", store.asked, want)
	}
	if n := ticks(t, trim, store, now, 59); n != 0 {
		t.Errorf("asked %d times within the minute", n)
	}
	// A flood of as many entries each second as can come: a minute of it is the
	// most that there is too much, and the removing gets ahead.
	const flood = maxBatch + 10
	emptied := 0
	for second := range 300 {
		store.logins += flood
		ticks(t, trim, store, now, 1)
		if store.logins > 60*flood {
			t.Fatalf("after %d seconds, %d entries too many are left", second, store.logins)
		}
		if store.logins == 0 {
			emptied++
		}
	}
	if emptied < 2 {
		t.Errorf("it was done %d times in five minutes", emptied)
	}
	store.logins, store.changes = 0, 2*trimPage+1
	if n := ticks(t, trim, store, now, 120); n < 3*(2+2) || store.changes != 0 {
		t.Errorf("asked %d times, %d changes are left", n, store.changes)
	}
	*now = now.Add(time.Minute)
	store.links = 2*trimPage + 1
	if n := ticks(t, trim, store, now, 120); n < 3*(2+2) || store.links != 0 {
		t.Errorf("asked %d times, %d links are left", n, store.links)
	}
	// What fails is tried again each second, and a clock that was set back
	// doesn't keep it from working.
	*now = now.Add(time.Minute)
	store.err = errors.New("disk full")
	if n := ticks(t, trim, store, now, 5); n != 3*5 {
		t.Errorf("asked %d times while it failed", n)
	}
	store.err = nil
	ticks(t, trim, store, now, 1)
	*now = now.Add(-time.Hour)
	if n := ticks(t, trim, store, now, 5); n != 3 {
		t.Errorf("asked %d times after the clock was set back", n)
	}
}

func TestMaxLogins(t *testing.T) {
	for given, want := range map[int]int{0: DefaultMaxLogins, MinMaxLogins: MinMaxLogins, 5_000_000: 5_000_000} {
		if s, _, _ := retention(t, Options{MaxLogins: given}); s.maxLogins != want {
			t.Errorf("%d is %d, want %d", given, s.maxLogins, want)
		}
	}
}

func TestForgetter(t *testing.T) {
	s, store, now := retention(t, Options{})
	store.accounts = 2*trimPage + 1
	forget := s.forgetter()
	ticks(t, forget, store, now, 4)
	want := []string{
		"sources before 2026-08-25 10:00:00 from 0", "sources before 2026-08-25 10:00:01 from 2000", "sources before 2026-08-25 10:00:02 from 4000",
	}
	if !slices.Equal(store.asked, want) {
		t.Errorf("asked %q, want %q", store.asked, want)
	}
	if n := ticks(t, forget, store, now, 24*60*60-4); n != 0 {
		t.Errorf("asked %d times more on that day", n)
	}
	// The next day, from the first account on, and past a failure.
	store.asked = nil
	ticks(t, forget, store, now, 1)
	store.err = errors.New("disk full")
	ticks(t, forget, store, now, 2)
	store.err = nil
	ticks(t, forget, store, now, 3)
	want = []string{
		"sources before 2026-08-26 10:00:00 from 0", "sources before 2026-08-26 10:00:01 from 2000", "sources before 2026-08-26 10:00:02 from 2000",
		"sources before 2026-08-26 10:00:03 from 2000", "sources before 2026-08-26 10:00:04 from 4000",
	}
	if !slices.Equal(store.asked, want) {
		t.Errorf("asked %q, want %q", store.asked, want)
	}
	*now = now.Add(-time.Hour)
	if n := ticks(t, forget, store, now, 9); n != 3 {
		t.Errorf("asked %d times after the clock was set back", n)
	}
	store.accounts = 0
	*now = now.Add(forgetEvery)
	if n := ticks(t, forget, store, now, 9); n != 1 {
		t.Errorf("asked %d times where there is nobody", n)
	}
}
