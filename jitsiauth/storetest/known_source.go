package storetest

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// place returns the nth of some places; those of even n have lower addresses
// than those of odd n.
func place(n int) netip.Addr {
	if n%2 == 0 {
		return netip.MustParseAddr(fmt.Sprint("192.0.2.", n))
	}
	return netip.MustParseAddr(fmt.Sprintf("2001:db8:0:%x::", n))
}

// at returns the nth place as seen so many minutes after now.
func at(n, minutes int) jitsiauth.KnownSource {
	return jitsiauth.KnownSource{Source: place(n), LastSeen: now.Add(time.Duration(minutes) * time.Minute)}
}

// see writes logins of one account.
func see(ctx context.Context, s jitsiauth.Store, r jitsiauth.Record, sources ...jitsiauth.KnownSource) error {
	return s.AddLogins(ctx, jitsiauth.LoginBatch{Sources: map[jitsiauth.ID][]jitsiauth.KnownSource{r.ID: sources}})
}

func knows(t testing.TB, s jitsiauth.Store, what string, r jitsiauth.Record, want ...jitsiauth.KnownSource) {
	t.Helper()
	got, err := s.KnownSources(t.Context(), r.ID)
	ok(t, err)
	same(t, what, got, want)
}

func testKnownSources(t *testing.T, s jitsiauth.Store) {
	ann, bob, gone := create(t, s, "ann@a.example"), create(t, s, "bob@a.example"), create(t, s, "gone@a.example")
	remove(t, s, gone)
	nobody := newUser(t, "nobody@a.example")
	before := imageOf(t, s)
	for _, r := range []jitsiauth.Record{ann, gone, nobody} {
		knows(t, s, "before any login", r)
	}
	for _, step := range []struct {
		what       string
		seen, want []jitsiauth.KnownSource
	}{
		{"the first two", []jitsiauth.KnownSource{at(2, 10), at(1, 20)}, []jitsiauth.KnownSource{at(1, 20), at(2, 10)}},
		{"one again, and a newer one", []jitsiauth.KnownSource{at(2, 30), at(3, 25)}, []jitsiauth.KnownSource{at(2, 30), at(3, 25), at(1, 20)}},
		{"an earlier login, written late", []jitsiauth.KnownSource{at(3, -5)}, []jitsiauth.KnownSource{at(2, 30), at(3, 25), at(1, 20)}},
		{"a later and an earlier one", []jitsiauth.KnownSource{at(1, 28), at(1, 22)}, []jitsiauth.KnownSource{at(2, 30), at(1, 28), at(3, 25)}},
		{"at the same time", []jitsiauth.KnownSource{at(3, 30), at(4, 30)}, []jitsiauth.KnownSource{at(2, 30), at(4, 30), at(3, 30), at(1, 28)}},
		{"none, and no address", []jitsiauth.KnownSource{{LastSeen: now}}, []jitsiauth.KnownSource{at(2, 30), at(4, 30), at(3, 30), at(1, 28)}},
		{"a microsecond later", []jitsiauth.KnownSource{{Source: place(3), LastSeen: at(0, 30).LastSeen.Add(time.Microsecond)}}, []jitsiauth.KnownSource{
			{Source: place(3), LastSeen: at(0, 30).LastSeen.Add(time.Microsecond)}, at(2, 30), at(4, 30), at(1, 28),
		}},
	} {
		ok(t, s.AddLogins(t.Context(), jitsiauth.LoginBatch{Sources: map[jitsiauth.ID][]jitsiauth.KnownSource{
			ann.ID: step.seen, gone.ID: step.seen, nobody.ID: step.seen, bob.ID: nil,
		}}))
		knows(t, s, step.what, ann, step.want...)
		for _, r := range []jitsiauth.Record{bob, gone, nobody} {
			knows(t, s, "another account", r)
		}
	}
	// Nothing else changed.
	after := imageOf(t, s)
	after.Sources = before.Sources
	same(t, "the store", after, before)
}

func testKnownSourcesMost(t *testing.T, s jitsiauth.Store) {
	const most = jitsiauth.MaxKnownSources
	ann, bob := create(t, s, "ann@a.example"), create(t, s, "bob@a.example")
	var seen, want []jitsiauth.KnownSource // want newest first
	for n := range most + 4 {
		seen = append(seen, at(n, n))
		if n >= 4 {
			want = slices.Insert(want, 0, at(n, n))
		}
	}
	ok(t, see(t.Context(), s, ann, seen...))
	knows(t, s, "more than fit", ann, want...)
	ok(t, see(t.Context(), s, ann, at(100, 3)))
	knows(t, s, "one that is older than all", ann, want...)
	ok(t, see(t.Context(), s, ann, at(101, 50), at(4, 40)))
	knows(t, s, "a new one, and the oldest again", ann, append([]jitsiauth.KnownSource{at(101, 50), at(4, 40)}, slices.Delete(want, most-2, most)...)...)

	// Of equal age, those with the lower addresses stay, whichever came first.
	ok(t, see(t.Context(), s, bob, at(0, 0), at(2, 0), at(1, 0)))
	var many []jitsiauth.KnownSource
	for n := range most {
		many = append(many, at(2*n, 0))
	}
	ok(t, see(t.Context(), s, bob, many...))
	knows(t, s, "all of one age", bob, many...)
	ok(t, see(t.Context(), s, bob, at(3, 0)))
	knows(t, s, "one more of that age", bob, many...)
}

// testKnownSourcesMemory: nobody can change what is kept through a slice.
func testKnownSourcesMemory(t *testing.T, s jitsiauth.Store) {
	ann := create(t, s, "ann@a.example")
	seen := []jitsiauth.KnownSource{at(2, 2), at(1, 1)}
	ok(t, see(t.Context(), s, ann, seen...))
	seen[0] = at(9, 9)
	got, err := s.KnownSources(t.Context(), ann.ID)
	ok(t, err)
	got[0] = at(8, 8)
	knows(t, s, "what is kept", ann, at(2, 2), at(1, 1))
}

// testKnownSourcesGone: an account takes its sources with it.
func testKnownSourcesGone(t *testing.T, s jitsiauth.Store) {
	ann, bob := create(t, s, "ann@a.example"), create(t, s, "bob@a.example")
	ok(t, see(t.Context(), s, ann, at(1, 1)))
	ok(t, see(t.Context(), s, bob, at(2, 2)))
	err := s.DeleteUser(t.Context(), ann.ID, func(old jitsiauth.Record) (jitsiauth.Change, error) {
		return userChange(jitsiauth.UserDeleted, old), errOfChange
	})
	fails(t, "DeleteUser", err, errOfChange)
	knows(t, s, "an account that stayed", ann, at(1, 1))
	remove(t, s, ann)
	knows(t, s, "an account that is gone", ann)
	again := create(t, s, "ann@a.example") // the name is another person now
	knows(t, s, "a new account of the same name", again)
	ok(t, see(t.Context(), s, again, at(3, 3)))
	knows(t, s, "the new account", again, at(3, 3))
	knows(t, s, "the old one", ann)
	knows(t, s, "the other one", bob, at(2, 2))
}

func testTrimSources(t *testing.T, s jitsiauth.Store) {
	var all []jitsiauth.Record // in order of their IDs
	for i := range 7 {
		all = append(all, create(t, s, fmt.Sprintf("user%d@a.example", 9-i)))
	}
	_, more := trimSources(t, s, 0, jitsiauth.ID{}, 9)
	if more {
		t.Error("there are none, and more says that there may be others")
	}
	for i, sources := range [][]jitsiauth.KnownSource{
		{at(1, 10)}, {}, {at(1, 10), at(2, 20)}, {at(1, 20), at(2, 30)}, {at(1, 9)}, {at(1, 1), at(2, 2), at(3, 3)}, {at(1, 20)},
	} {
		ok(t, see(t.Context(), s, all[i], sources...))
	}
	before := imageOf(t, s)
	for _, limit := range []int{0, -1} {
		if next, more := trimSources(t, s, 99, all[2].ID, limit); next != all[2].ID || !more {
			t.Errorf("limit %d: went on to %v, more %v", limit, next, more)
		}
	}
	walkSources(t, s, 1, 1) // each is as old as that, or younger
	walkSources(t, s, 1, 3)
	same(t, "the store, with nothing to forget", imageOf(t, s), before)

	// One account at a time, those without a source being none.
	next, more := trimSources(t, s, 20, jitsiauth.ID{}, 1)
	if next != all[0].ID || !more {
		t.Errorf("went to %v, more %v", next, more)
	}
	knows(t, s, "the first", all[0])
	knows(t, s, "the second", all[2], at(2, 20), at(1, 10))
	if next, more = trimSources(t, s, 20, next, 1); next != all[2].ID || !more {
		t.Errorf("went on to %v, more %v", next, more)
	}
	// The rest, from an account on that has none, and past one that is gone.
	remove(t, s, all[4])
	trimSources(t, s, 20, all[1].ID, 3)
	for i, want := range [][]jitsiauth.KnownSource{{}, {}, {at(2, 20)}, {at(2, 30), at(1, 20)}, {}, {}, {at(1, 20)}} {
		knows(t, s, "what is left", all[i], want...)
	}
	walkSources(t, s, 99, 2)
	for _, r := range all {
		knows(t, s, "in the end", r)
	}
	same(t, "the log", log(t, s)[:len(before.Log)], before.Log)
}

// trimSources forgets what was seen less than so many minutes after now.
func trimSources(t testing.TB, s jitsiauth.Store, minutes int, after jitsiauth.ID, limit int) (next jitsiauth.ID, more bool) {
	t.Helper()
	next, more, err := s.TrimSources(t.Context(), at(0, minutes).LastSeen, after, limit)
	ok(t, err)
	return next, more
}

// walkSources goes through all accounts.
func walkSources(t testing.TB, s jitsiauth.Store, minutes, limit int) {
	t.Helper()
	var after jitsiauth.ID
	for more := true; more; {
		var next jitsiauth.ID
		next, more = trimSources(t, s, minutes, after, limit)
		if c := bytes.Compare(next[:], after[:]); c < 0 || c == 0 && more {
			t.Fatalf("from %v on it went to %v, more %v", after, next, more)
		}
		after = next
	}
}

// testSourcesTogether: no login is lost, and no reader sees too many or any out
// of order.
func testSourcesTogether(t *testing.T, s jitsiauth.Store) {
	const total = workers * rounds
	ann := create(t, s, "ann@a.example")
	together(t, workers, func(ctx context.Context, i int) error {
		for round := range rounds {
			n := round*workers + i
			if err := see(ctx, s, ann, at(n, n), at(n%5, n)); err != nil {
				return err
			}
			got, err := s.KnownSources(ctx, ann.ID)
			if err != nil {
				return err
			}
			sorted := slices.IsSortedFunc(got, func(a, b jitsiauth.KnownSource) int { return b.LastSeen.Compare(a.LastSeen) })
			if !sorted || len(got) == 0 || len(got) > jitsiauth.MaxKnownSources {
				return fmt.Errorf("saw %v", got)
			}
		}
		return nil
	})
	var all []jitsiauth.KnownSource
	for n := range total {
		all = append(all, at(n, n), at(n%5, n))
	}
	knows(t, s, "after all", ann, jitsiauth.MergeSources(all, nil)...)
}

// testSourcesTrim: while old sources are forgotten, those of new logins stay.
func testSourcesTrim(t *testing.T, s jitsiauth.Store) {
	const trimmers = 2
	ann := create(t, s, "ann@a.example")
	var trims atomic.Int64
	together(t, workers, func(ctx context.Context, i int) error {
		if i < trimmers {
			defer trims.Add(trimmers * rounds) // nobody waits for one that failed
			return trimAgain(ctx, s, ann, at(workers+i, 0), &trims)
		}
		for minute := 1; trims.Load() < trimmers*rounds; minute++ {
			last := at(i, minute)
			if err := see(ctx, s, ann, last); err != nil {
				return err
			}
			// Those that are under way may have looked before this login.
			for before := trims.Load(); trims.Load() < min(before+trimmers, trimmers*rounds); {
				runtime.Gosched()
			}
			if err := isKnown(ctx, s, ann, last); err != nil {
				return err
			}
		}
		return nil
	})
}

// trimAgain forgets what was seen before the first minute, which old is, and
// counts how often.
func trimAgain(ctx context.Context, s jitsiauth.Store, r jitsiauth.Record, old jitsiauth.KnownSource, trims *atomic.Int64) error {
	for range rounds {
		if err := see(ctx, s, r, old); err != nil {
			return err
		}
		if _, _, err := s.TrimSources(ctx, at(0, 1).LastSeen, jitsiauth.ID{}, 9); err != nil {
			return err
		}
		trims.Add(1)
	}
	return nil
}

func isKnown(ctx context.Context, s jitsiauth.Store, r jitsiauth.Record, want jitsiauth.KnownSource) error {
	got, err := s.KnownSources(ctx, r.ID)
	wanted := func(k jitsiauth.KnownSource) bool { return k.Source == want.Source && k.LastSeen.Equal(want.LastSeen) }
	if err == nil && !slices.ContainsFunc(got, wanted) {
		err = fmt.Errorf("%v is not among %v", want, got)
	}
	return err
}

// testSourcesDelete: who logs in while the account is deleted leaves nothing
// behind.
func testSourcesDelete(t *testing.T, s jitsiauth.Store) {
	for range rounds {
		r := create(t, s, "ann@a.example")
		together(t, workers, func(ctx context.Context, i int) error {
			if i == workers/2 {
				return s.DeleteUser(ctx, r.ID, deleted)
			}
			return see(ctx, s, r, at(i, i))
		})
		knows(t, s, "an account that is gone", r)
	}
}
