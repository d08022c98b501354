package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// newLink returns a link with all fields set.
func newLink(t testing.TB) jitsiauth.Link {
	t.Helper()
	id := newID()
	l := jitsiauth.Link{
		ID: id, Kind: jitsiauth.LinkReset, Domain: "a.example", Account: newID(), JID: parse(t, "ann@a.example"),
		Role: jitsiauth.RoleManager, CredentialRevision: 1<<53 + 1, Uses: 3, Left: 2,
		ValidFrom: now, ValidUntil: now.Add(time.Hour), Note: "two\nlines “日本” 🦊 <&>",
		CreatedAt: now, ExpiresAt: now.Add(time.Minute), Actor: jitsiauth.ActorToken, ActorName: "test",
	}
	copy(l.Hash[16:], id[:])
	return l
}

func linkChange(action jitsiauth.Action, l jitsiauth.Link) jitsiauth.Change {
	return jitsiauth.Change{At: now, Action: action, Subject: l.ID, Name: string(l.Kind), Actor: jitsiauth.ActorLink, ActorName: l.ID.String()}
}

func putLink(ctx context.Context, s jitsiauth.Store, l jitsiauth.Link) error {
	return s.Batch(ctx, func(tx jitsiauth.UserTx) error { return tx.CreateLink(l, linkChange(jitsiauth.LinkCreated, l)) })
}

func createLink(t testing.TB, s jitsiauth.Store) jitsiauth.Link {
	t.Helper()
	l := newLink(t)
	ok(t, putLink(t.Context(), s, l))
	return l
}

func spendLink(ctx context.Context, s jitsiauth.Store, id jitsiauth.ID) (l jitsiauth.Link, err error) {
	err = s.Batch(ctx, func(tx jitsiauth.UserTx) error {
		l, err = tx.SpendLink(id, linkChange(jitsiauth.LinkUsed, jitsiauth.Link{ID: id}))
		return err
	})
	return l, err
}

func deleteLink(ctx context.Context, s jitsiauth.Store, l jitsiauth.Link) error {
	return s.Batch(ctx, func(tx jitsiauth.UserTx) error { return tx.DeleteLink(l.ID, linkChange(jitsiauth.LinkRevoked, l)) })
}

func testLink(t *testing.T, s jitsiauth.Store) {
	none, err := s.ListLinks(t.Context())
	ok(t, err)
	if len(none) != 0 {
		t.Errorf("%d links in an empty store", len(none))
	}
	early := newLink(t)
	early.Account, early.JID, early.Role, early.CredentialRevision = jitsiauth.ID{}, jitsiauth.JID{}, "", 0
	early.ValidFrom, early.ValidUntil, early.Note = time.Time{}, time.Time{}, ""
	links := []jitsiauth.Link{early, createLink(t, s), createLink(t, s)}
	ok(t, putLink(t.Context(), s, early))
	for _, left := range []int{1, 0} {
		links[1].Left = left
		got, err := spendLink(t.Context(), s, links[1].ID)
		ok(t, err)
		same(t, "what SpendLink returns", got, links[1])
	}
	list, err := s.ListLinks(t.Context())
	ok(t, err)
	same(t, "ListLinks, by ID", list, links)
	for _, want := range links {
		got, err := s.LinkByHash(t.Context(), want.Hash)
		ok(t, err)
		same(t, "LinkByHash", got, want)
		ok(t, s.Batch(t.Context(), func(tx jitsiauth.UserTx) error {
			got, err = tx.Link(want.ID)
			return err
		}))
		same(t, "Link", got, want)
	}
	refusedLinks(t, s, links[1])
	ok(t, deleteLink(t.Context(), s, links[0]))
	fails(t, "DeleteLink again", deleteLink(t.Context(), s, links[0]), jitsiauth.ErrNotFound)
	_, err = s.LinkByHash(t.Context(), links[0].Hash)
	fails(t, "LinkByHash after DeleteLink", err, jitsiauth.ErrNotFound)
	list, err = s.ListLinks(t.Context())
	ok(t, err)
	same(t, "ListLinks after DeleteLink", list, links[1:])
	entries := log(t, s)
	last := linkChange(jitsiauth.LinkRevoked, links[0])
	last.Position = entries[len(entries)-1].Position
	same(t, "the newest log entry", entries[len(entries)-1], last)
	if len(entries) != 3+2+1 {
		t.Errorf("%d log entries", len(entries))
	}
}

// refusedLinks asks for what isn't there; used is a link with none left.
func refusedLinks(t *testing.T, s jitsiauth.Store, used jitsiauth.Link) {
	t.Helper()
	before := imageOf(t, s)
	_, err := spendLink(t.Context(), s, used.ID)
	fails(t, "SpendLink with none left", err, jitsiauth.ErrNotFound)
	_, err = spendLink(t.Context(), s, newID())
	fails(t, "SpendLink of nothing", err, jitsiauth.ErrNotFound)
	fails(t, "DeleteLink of nothing", deleteLink(t.Context(), s, newLink(t)), jitsiauth.ErrNotFound)
	_, err = s.LinkByHash(t.Context(), [32]byte{1})
	fails(t, "LinkByHash of another hash", err, jitsiauth.ErrNotFound)
	fails(t, "Link of nothing", s.Batch(t.Context(), func(tx jitsiauth.UserTx) error {
		_, err := tx.Link(newID())
		return err
	}), jitsiauth.ErrNotFound)
	same(t, "the store", imageOf(t, s), before)
}

func testTrimLinks(t *testing.T, s jitsiauth.Store) {
	for i := range 5 {
		l := newLink(t)
		l.ExpiresAt = now.Add(time.Duration(i) * time.Hour)
		ok(t, putLink(t.Context(), s, l))
	}
	entries, left := len(log(t, s)), 5
	for _, step := range []struct {
		before      time.Time
		limit, want int
	}{
		{now, 9, 0},
		{now.Add(time.Microsecond), 0, 0},
		{now.Add(time.Microsecond), 9, 1},
		{now.Add(3 * time.Hour), 1, 1},
		{now.Add(3 * time.Hour), 9, 1},
		{now.Add(3 * time.Hour), 9, 0},
		{now.Add(99 * time.Hour), 9, 2},
		{now.Add(99 * time.Hour), 9, 0},
	} {
		trimmed, err := s.TrimLinks(t.Context(), step.before, step.limit)
		ok(t, err)
		left -= step.want
		links, err := s.ListLinks(t.Context())
		ok(t, err)
		if trimmed != step.want || len(links) != left {
			t.Errorf("before %v, limit %d: %d trimmed, want %d; %d left, want %d", step.before, step.limit, trimmed, step.want, len(links), left)
		}
		for _, l := range links {
			if _, err := s.LinkByHash(t.Context(), l.Hash); err != nil {
				t.Errorf("a link that is kept: %v", err)
			}
		}
	}
	if n := len(log(t, s)); n != entries {
		t.Errorf("%d log entries, %d before", n, entries)
	}
}

// testOpenLinks also holds that a batch counts what it made itself.
func testOpenLinks(t *testing.T, s jitsiauth.Store) {
	for _, link := range []struct {
		left    int
		expires time.Duration
	}{{1, time.Hour}, {1000, 2 * time.Hour}, {0, time.Hour}, {0, -time.Hour}, {1, -time.Hour}} {
		l := newLink(t)
		l.Uses, l.Left, l.ExpiresAt = 1000, link.left, now.Add(link.expires)
		ok(t, putLink(t.Context(), s, l))
	}
	for _, test := range []struct {
		at   time.Duration
		want int
	}{{-2 * time.Hour, 3}, {-time.Hour, 2}, {0, 2}, {time.Hour - time.Microsecond, 2}, {time.Hour, 1}, {2 * time.Hour, 0}} {
		l := newLink(t)
		l.ExpiresAt = now.Add(99 * time.Hour)
		var before, after int
		fails(t, "Batch", s.Batch(t.Context(), func(tx jitsiauth.UserTx) (err error) {
			before, err = tx.OpenLinks(now.Add(test.at))
			ok(t, err)
			ok(t, tx.CreateLink(l, linkChange(jitsiauth.LinkCreated, l)))
			after, err = tx.OpenLinks(now.Add(test.at))
			ok(t, err)
			return errOfChange
		}), errOfChange)
		if before != test.want || after != test.want+1 {
			t.Errorf("%v from now: %d open, then %d; want %d and one more", test.at, before, after, test.want)
		}
	}
}

func testHasAdmin(t *testing.T, s jitsiauth.Store) {
	want := func(want bool) {
		t.Helper()
		has, err := s.HasAdmin(t.Context())
		ok(t, err)
		inBatch := !want
		ok(t, s.Batch(t.Context(), func(tx jitsiauth.UserTx) error {
			inBatch, err = tx.HasAdmin()
			return err
		}))
		if has != want || inBatch != want {
			t.Errorf("HasAdmin: %t, in a batch %t, want %t", has, inBatch, want)
		}
	}
	want(false)
	liar := newUser(t, "ann@a.example")
	liar.Note, liar.DisplayName = `"role":"admin"`, `","role":"admin`
	ok(t, s.CreateUser(t.Context(), liar, userChange(jitsiauth.UserCreated, liar)))
	want(false)
	admin := newUser(t, "zoe@z.example")
	admin.Role, admin.Disabled = jitsiauth.RoleAdmin, true
	ok(t, s.CreateUser(t.Context(), admin, userChange(jitsiauth.UserCreated, admin)))
	want(true)
	remove(t, s, admin)
	want(false)
}

func testLinkExists(t *testing.T, s jitsiauth.Store) {
	first := createLink(t, s)
	before := imageOf(t, s)
	for what, alter := range map[string]func(*jitsiauth.Link){
		"ID":   func(l *jitsiauth.Link) { l.ID = first.ID },
		"hash": func(l *jitsiauth.Link) { l.Hash = first.Hash },
	} {
		l := newLink(t)
		alter(&l)
		ok(t, s.Batch(t.Context(), func(tx jitsiauth.UserTx) error {
			fails(t, "CreateLink with a taken "+what, tx.CreateLink(l, linkChange(jitsiauth.LinkCreated, l)), jitsiauth.ErrExists)
			return nil
		}))
	}
	same(t, "the store", imageOf(t, s), before)
}

// testLinkRollback: what a batch did to links goes with the batch.
func testLinkRollback(t *testing.T, s jitsiauth.Store) {
	spent, gone := createLink(t, s), createLink(t, s)
	before := imageOf(t, s)
	made, r := newLink(t), newUser(t, "bob@a.example")
	err := s.Batch(t.Context(), func(tx jitsiauth.UserTx) error {
		ok(t, tx.CreateUser(r, userChange(jitsiauth.UserCreated, r)))
		ok(t, tx.CreateLink(made, linkChange(jitsiauth.LinkCreated, made)))
		_, err := tx.SpendLink(spent.ID, linkChange(jitsiauth.LinkUsed, spent))
		ok(t, err)
		ok(t, tx.DeleteLink(gone.ID, linkChange(jitsiauth.LinkRevoked, gone)))
		return errOfChange
	})
	fails(t, "Batch", err, errOfChange)
	same(t, "the store", imageOf(t, s), before)
	_, err = s.LinkByHash(t.Context(), made.Hash)
	fails(t, "LinkByHash of a link that was taken back", err, jitsiauth.ErrNotFound)
}

// testLinkOnce: of all who spend the last use at once, one makes an account.
func testLinkOnce(t *testing.T, s jitsiauth.Store) {
	for round := range rounds {
		l := newLink(t)
		l.Left = 1
		ok(t, putLink(t.Context(), s, l))
		var candidates []jitsiauth.Record
		for i := range workers {
			candidates = append(candidates, newUser(t, fmt.Sprintf("user%d-%d@a.example", round, i)))
		}
		winner := oneWins(t, jitsiauth.ErrNotFound, func(ctx context.Context, i int) error {
			return s.Batch(ctx, func(tx jitsiauth.UserTx) error {
				if err := tx.CreateUser(candidates[i], userChange(jitsiauth.UserCreated, candidates[i])); err != nil {
					return err
				}
				_, err := tx.SpendLink(l.ID, linkChange(jitsiauth.LinkUsed, l))
				return err
			})
		})
		for i, r := range candidates {
			if _, err := s.User(t.Context(), r.ID); (err == nil) != (i == winner) {
				t.Errorf("candidate %d, winner %d: %v", i, winner, err)
			}
		}
	}
	if n := len(log(t, s)); n != 3*rounds {
		t.Errorf("%d log entries for %d links", n, rounds)
	}
}

// endedLinks are the calls about links, for testEnded.
func endedLinks(ctx context.Context, s jitsiauth.Store, l jitsiauth.Link) map[string]func() error {
	return map[string]func() error{
		"HasAdmin":   func() error { _, err := s.HasAdmin(ctx); return err },
		"LinkByHash": func() error { _, err := s.LinkByHash(ctx, l.Hash); return err },
		"ListLinks":  func() error { _, err := s.ListLinks(ctx); return err },
		"TrimLinks":  func() error { _, err := s.TrimLinks(ctx, now.Add(99*time.Hour), 9); return err },
	}
}
