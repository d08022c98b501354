package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// pass makes dates pass and returns what the log then holds of it.
func pass(t testing.TB, s jitsiauth.Store, at time.Time, limit int) (passed []string) {
	t.Helper()
	before, err := s.Head(t.Context())
	ok(t, err)
	n, err := s.PassMoments(t.Context(), at, limit, momentEntry)
	ok(t, err)
	entries, err := s.ListChanges(t.Context(), before, 1<<20)
	ok(t, err)
	for _, c := range entries {
		passed = append(passed, fmt.Sprint(c.JID.Local(), " ", c.Name))
	}
	if n != len(passed) {
		t.Errorf("%d dates passed, with %d entries", n, len(passed))
	}
	return passed
}

// momentEntry says in Name what passed, and whether the account's dates hold it.
func momentEntry(r jitsiauth.Record, m jitsiauth.Moment) jitsiauth.Change {
	c := userChange(jitsiauth.UserExpired, r)
	c.Name = map[bool]string{true: "from", false: "until"}[m.Begins]
	if !slices.ContainsFunc(r.Moments(), func(d jitsiauth.Moment) bool { return d.Begins == m.Begins && d.At.Equal(m.At) }) {
		c.Name = "a date that it has not"
	}
	return c
}

// dated adds an account with these dates, written at now.
func dated(t testing.TB, s jitsiauth.Store, name string, from, until time.Time) jitsiauth.Record {
	t.Helper()
	r := newUser(t, name+"@a.example")
	r.ValidFrom, r.ValidUntil = from, until
	ok(t, s.CreateUser(t.Context(), r, userChange(jitsiauth.UserCreated, r)))
	return r
}

func redate(t testing.TB, s jitsiauth.Store, r jitsiauth.Record, from, until, at time.Time) {
	t.Helper()
	_, err := s.UpdateUser(t.Context(), r.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
		c := userChange(jitsiauth.UserUpdated, old)
		c.At, old.ValidFrom, old.ValidUntil = at, from, until
		return old, &c, nil
	})
	ok(t, err)
}

// testMomentsRearm: dates of a stretch of time pass once more, others do not.
func testMomentsRearm(t *testing.T, s jitsiauth.Store) {
	dated(t, s, "early", time.Time{}, now.Add(1*time.Hour))
	dated(t, s, "both", now.Add(2*time.Hour), now.Add(3*time.Hour))
	dated(t, s, "later", time.Time{}, now.Add(9*time.Hour))
	want := func(got []string, names ...string) {
		t.Helper()
		if !slices.Equal(got, names) {
			t.Errorf("%q passed, want %q", got, names)
		}
	}
	want(pass(t, s, now.Add(5*time.Hour), 10), "early until", "both from", "both until")
	ok(t, s.RearmMoments(t.Context(), now.Add(1*time.Hour), now.Add(3*time.Hour)))
	want(pass(t, s, now.Add(1*time.Hour), 10))
	want(pass(t, s, now.Add(2*time.Hour), 10), "both from")
	want(pass(t, s, now.Add(9*time.Hour), 10), "both until", "later until")
	want(pass(t, s, now.Add(10*time.Hour), 10))
}

func testMoments(t *testing.T, s jitsiauth.Store) {
	none, hour := time.Time{}, func(n int) time.Time { return now.Add(time.Duration(n) * time.Hour) }
	dated(t, s, "never", none, none)
	dated(t, s, "past", hour(-2), hour(-1))
	dated(t, s, "just", hour(-2), now) // not after the entry's time
	dated(t, s, "both", hour(2), hour(4))
	dated(t, s, "early", none, hour(1).Add(time.Microsecond))
	dated(t, s, "far", none, time.Date(9998, 12, 31, 0, 0, 0, 0, time.UTC))
	for _, step := range []struct {
		at    time.Time
		limit int
		want  []string
	}{
		{hour(1), 10, nil},
		{hour(1).Add(time.Microsecond), 10, []string{"early until"}},
		{hour(1).Add(time.Microsecond), 10, nil},
		{hour(5), 0, nil},
		{hour(5), 1, []string{"both from"}},
		{hour(5), 10, []string{"both until"}},
		{hour(-5), 10, nil}, // a clock that goes back, and on again
		{hour(6), 10, nil},
		{time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 10, []string{"far until"}},
	} {
		same(t, "passed at "+step.at.String(), pass(t, s, step.at, step.limit), step.want)
	}
}

func testMomentsChange(t *testing.T, s jitsiauth.Store) {
	none, hour := time.Time{}, func(n int) time.Time { return now.Add(time.Duration(n) * time.Hour) }
	moved, cleared := dated(t, s, "moved", none, hour(1)), dated(t, s, "cleared", none, hour(1))
	gone, kept := dated(t, s, "gone", hour(1), hour(2)), dated(t, s, "kept", hour(1), hour(2))
	back, again := dated(t, s, "back", none, hour(1)), dated(t, s, "again", none, hour(1))
	redate(t, s, moved, none, hour(3), now)
	redate(t, s, cleared, none, none, now)
	redate(t, s, back, none, hour(-1), now) // a date of the past is none that comes
	remove(t, s, gone)
	same(t, "after an hour", pass(t, s, hour(1), 10), []string{"kept from", "again until"})
	redate(t, s, kept, hour(1), hour(2), hour(1)) // as it was
	redate(t, s, again, none, hour(2), hour(1))
	same(t, "after two", pass(t, s, hour(2), 10), []string{"kept until", "again until"})
	same(t, "after three", pass(t, s, hour(9), 10), []string{"moved until"})
}

// Pages that several take at once hold each date once.
func testMomentsParallel(t *testing.T, s jitsiauth.Store) {
	const accounts = 40
	for i := range accounts {
		dated(t, s, fmt.Sprint("user", i), now.Add(time.Second), now.Add(time.Minute))
	}
	before, err := s.Head(t.Context())
	ok(t, err)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				n, err := s.PassMoments(t.Context(), now.Add(time.Hour), 7, momentEntry)
				if err != nil {
					t.Error(err)
				}
				if n < 7 {
					return
				}
			}
		})
	}
	group.Wait()
	entries, err := s.ListChanges(t.Context(), before, 1<<20)
	ok(t, err)
	seen := map[string]int{}
	for _, c := range entries {
		seen[c.JID.Local()+c.Name]++
	}
	if len(entries) != 2*accounts || len(seen) != 2*accounts {
		t.Errorf("%d entries of %d dates, there were %d", len(entries), len(seen), 2*accounts)
	}
}
