package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// aged writes n entries to both logs, an hour apart, the first at now.
func aged(t testing.TB, s jitsiauth.Store, n int) {
	t.Helper()
	r := create(t, s, "aged@a.example")
	var batch jitsiauth.LoginBatch
	for i := range n {
		at := now.Add(time.Duration(i) * time.Hour)
		if i > 0 { // the first entry is create's
			_, err := s.UpdateUser(t.Context(), r.ID, func(old jitsiauth.Record) (jitsiauth.Record, *jitsiauth.Change, error) {
				c := userChange(jitsiauth.UserUpdated, old)
				c.At, old.Revision = at, old.Revision+1
				return old, &c, nil
			})
			ok(t, err)
		}
		l := newLogin(r, jitsiauth.LoginOK)
		l.At = at
		batch.Logins = append(batch.Logins, l)
	}
	ok(t, s.AddLogins(t.Context(), batch))
}

func testTrim(t *testing.T, s jitsiauth.Store) {
	aged(t, s, 9)
	all, head := log(t, s), logHead(t, s)
	logins, err := s.ListLogins(t.Context(), 0, 100)
	ok(t, err)
	gone := 0
	for _, step := range []struct {
		before time.Time
		limit  int
		want   int
	}{
		{now, 10, 0},
		{now.Add(time.Hour), 0, 0},
		{now.Add(time.Hour), -1, 0},
		{now.Add(time.Microsecond), 10, 1},
		{now.Add(4 * time.Hour), 2, 2},
		{now.Add(4 * time.Hour), 10, 1},
		{now.Add(4 * time.Hour), 10, 0},
		{now.Add(99 * time.Hour), 10, 5}, // the newest, too
		{now.Add(99 * time.Hour), 10, 0},
	} {
		changes, err := s.TrimChanges(t.Context(), step.before, step.limit)
		ok(t, err)
		old, err := s.TrimLogins(t.Context(), step.before, 0, step.limit)
		ok(t, err)
		if changes != step.want || old != step.want {
			t.Errorf("before %v, limit %d: %d changes, %d logins trimmed, want %d", step.before, step.limit, changes, old, step.want)
		}
		gone += step.want
		same(t, "the log", log(t, s), all[gone:])
		same(t, "its head", logHead(t, s), head)
		kept, err := s.ListLogins(t.Context(), 0, 100)
		ok(t, err)
		same(t, "the log of logins", kept, logins[:len(logins)-gone])
		positions(t, s, all, gone)
	}
	numbersGoOn(t, s, head, logins[0])
}

// testTrimMost: entries go because there are too many, because they are old, or
// both.
func testTrimMost(t *testing.T, s jitsiauth.Store) {
	trim := func(before time.Time, most, limit, want int) {
		t.Helper()
		trimmed, err := s.TrimLogins(t.Context(), before, most, limit)
		ok(t, err)
		if trimmed != want {
			t.Errorf("before %v, most %d, limit %d: %d trimmed, want %d", before, most, limit, trimmed, want)
		}
	}
	trim(now.Add(99*time.Hour), 1, 10, 0) // nothing is kept
	aged(t, s, 9)
	all, err := s.ListLogins(t.Context(), 0, 100)
	ok(t, err)
	kept := 9
	for _, step := range []struct {
		before            time.Time
		most, limit, want int
	}{
		{now, -1, 10, 0},
		{now, 0, 10, 0},
		{now, 10, 10, 0},
		{now, 9, 10, 0},
		{now, 8, 0, 0},
		{now, 8, -1, 0},
		{now, 8, 10, 1},
		{now, 4, 2, 2},
		{now.Add(3*time.Hour + time.Microsecond), 9, 10, 1}, // by its age: few enough are kept
		{now.Add(5*time.Hour + time.Microsecond), 4, 10, 2}, // one by both, one by its age
		{now, 1 << 30, 10, 0},
		{now, 1, 10, 2},
		{now, 1, 10, 0},
	} {
		trim(step.before, step.most, step.limit, step.want)
		kept -= step.want
		got, err := s.ListLogins(t.Context(), 0, 100)
		ok(t, err)
		same(t, "the log of logins", got, all[:kept])
	}
	trim(now.Add(99*time.Hour), 5, 10, 1)
	ok(t, s.AddLogins(t.Context(), jitsiauth.LoginBatch{Logins: all[:3]}))
	trim(now, 2, 10, 1) // of a log that was empty and goes on
	trim(now, 2, 10, 0)
}

// numbersGoOn looks at logs that were emptied.
func numbersGoOn(t testing.TB, s jitsiauth.Store, head jitsiauth.Position, newest jitsiauth.Login) {
	t.Helper()
	create(t, s, "late@a.example")
	if got := logHead(t, s); got.N != head.N+1 {
		t.Errorf("head %v follows %v", got, head)
	}
	ok(t, s.AddLogins(t.Context(), jitsiauth.LoginBatch{Logins: []jitsiauth.Login{newest}}))
	kept, err := s.ListLogins(t.Context(), 0, 100)
	ok(t, err)
	if len(kept) != 1 || kept[0].N != newest.N+1 {
		t.Errorf("%v", kept)
	}
}

func logHead(t testing.TB, s jitsiauth.Store) jitsiauth.Position {
	t.Helper()
	head, err := s.Head(t.Context())
	ok(t, err)
	return head
}

// positions checks that those of before an entry that is gone are lost, and
// only those.
func positions(t testing.TB, s jitsiauth.Store, all []jitsiauth.Change, gone int) {
	t.Helper()
	for n := range len(all) + 1 {
		at := jitsiauth.Position{Epoch: all[0].Position.Epoch, N: uint64(n)} //nolint:gosec // small
		entries, err := s.ListChanges(t.Context(), at, 100)
		if n < gone {
			fails(t, "position "+at.String(), err, jitsiauth.ErrPositionLost)
			continue
		}
		ok(t, err)
		same(t, "from position "+at.String(), entries, all[n:])
	}
}

func testChangesBefore(t *testing.T, s jitsiauth.Store) {
	aged(t, s, 6)
	_, err := s.TrimChanges(t.Context(), now.Add(90*time.Minute), 10)
	ok(t, err)
	all := log(t, s) // 3 to 6
	for before := range uint64(9) {
		var want []jitsiauth.Change
		for i := range all {
			if c := all[len(all)-1-i]; before == 0 || c.Position.N < before {
				want = append(want, c)
			}
		}
		for _, limit := range []int{-1, 0, 1, 3, 9} {
			got, err := s.ChangesBefore(t.Context(), before, limit)
			ok(t, err)
			same(t, "entries, newest first", got, want[:max(0, min(limit, len(want)))])
		}
	}
}

// endedLogs are the calls about logs, for testEnded.
func endedLogs(ctx context.Context, s jitsiauth.Store, r jitsiauth.Record) map[string]func() error {
	late := now.Add(99 * time.Hour)
	batch := jitsiauth.LoginBatch{
		Logins: []jitsiauth.Login{newLogin(r, jitsiauth.LoginOK)}, LastLogins: map[jitsiauth.ID]time.Time{r.ID: late},
		Sources: map[jitsiauth.ID][]jitsiauth.KnownSource{r.ID: {at(1, 1)}},
	}
	return map[string]func() error{
		"ChangesBefore": func() error { _, err := s.ChangesBefore(ctx, 0, 1); return err },
		"AddChange":     func() error { return s.AddChange(ctx, userChange(jitsiauth.UserUpdated, r)) },
		"TrimChanges":   func() error { _, err := s.TrimChanges(ctx, late, 1); return err },
		"PassMoments":   func() error { _, err := s.PassMoments(ctx, late, 9, momentEntry); return err },
		"AddLogins":     func() error { return s.AddLogins(ctx, batch) },
		"ListLogins":    func() error { _, err := s.ListLogins(ctx, 0, 1); return err },
		"KnownSources":  func() error { _, err := s.KnownSources(ctx, r.ID); return err },
		"TrimSources":   func() error { _, _, err := s.TrimSources(ctx, late, jitsiauth.ID{}, 9); return err },
		"TrimLogins":    func() error { _, err := s.TrimLogins(ctx, late, 1, 1); return err },
	}
}
