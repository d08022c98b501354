package authsvc

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

var (
	start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	alice = jitsiauth.ID{1}
	bob   = jitsiauth.ID{2}
)

// by makes the key of an instance of the token.
func by(token, name string) instanceKey {
	return instanceKey{follower{"token:" + token, name}, "meet.jitsi"}
}

// held makes sessions of an account by their keys, a second apart.
func held(id jitsiauth.ID, keys ...string) (all []reportedSession) {
	for i, key := range keys {
		s := reportedSession{key: key}
		s.account, s.shown = id, api.Session{Transport: "bosh", Since: start.Add(time.Duration(i) * time.Second), Rooms: []string{key}}
		s.bytes = sizeOf(&s)
		all = append(all, s)
	}
	return all
}

// checkBytes recounts.
func (b *sessionBook) checkBytes(t *testing.T) {
	t.Helper()
	total := 0
	for key, in := range b.instances {
		sum := 0
		for _, s := range in.sessions {
			sum += s.bytes
		}
		if total += sum; sum != in.bytes {
			t.Errorf("%v says %d bytes and holds %d", key, in.bytes, sum)
		}
	}
	if total != b.bytes {
		t.Errorf("the book says %d bytes and holds %d", b.bytes, total)
	}
}

// seen are the rooms that an account is in, by its sessions; "?" for not known.
func (b *sessionBook) seen(id jitsiauth.ID, now time.Time) string {
	view := b.ofAccount("meet.jitsi", id, now)
	if !view.Reported {
		return "?"
	}
	var rooms []string
	for _, s := range view.Sessions {
		rooms = append(rooms, s.Rooms...)
	}
	return strings.Join(rooms, " ")
}

func TestBookTakesReports(t *testing.T) {
	var b sessionBook
	steps := []struct {
		name    string
		report  sessionReport
		unknown bool
		alice   string
		bob     string
	}{
		{"without first", sessionReport{sessions: held(alice, "1")}, true, "?", "?"},
		{"first", sessionReport{first: true, sessions: held(alice, "1", "2")}, false, "1 2", ""},
		{"more", sessionReport{sessions: held(bob, "3")}, false, "1 2", "3"},
		{"a key that is known", sessionReport{sessions: held(bob, "1")}, false, "2", "1 3"},
		{"ended, also who is unknown", sessionReport{ended: []string{"3", "9", "3"}}, false, "2", "1"},
		{"nothing", sessionReport{}, false, "2", "1"},
		{"begun and ended", sessionReport{sessions: held(alice, "4"), ended: []string{"4"}}, false, "2", "1"},
		{"twice in one report", sessionReport{sessions: slices.Concat(held(alice, "5"), held(bob, "5"))}, false, "2", "1 5"},
		{"anew", sessionReport{first: true, sessions: held(bob, "6")}, false, "", "6"},
		{"anew, nobody", sessionReport{first: true}, false, "", ""},
	}
	for _, step := range steps {
		step.report.from = by("one", "p")
		if did := b.put(&step.report, start); did != (outcome{unknown: step.unknown}) {
			t.Errorf("%s: %+v", step.name, did)
		}
		gotAlice, gotBob := b.seen(alice, start), b.seen(bob, start)
		if slices.Sort(strings.Fields(gotBob)); gotAlice != step.alice || sorted(gotBob) != step.bob {
			t.Errorf("%s: alice %q, want %q; bob %q, want %q", step.name, gotAlice, step.alice, gotBob, step.bob)
		}
		b.checkBytes(t)
	}
}

func sorted(words string) string {
	fields := strings.Fields(words)
	slices.Sort(fields)
	return strings.Join(fields, " ")
}

// Who has another token, another domain or another name touches nothing.
func TestBookKeepsReportersApart(t *testing.T) {
	var b sessionBook
	b.put(&sessionReport{from: by("one", "p"), first: true, sessions: held(alice, "1")}, start)
	elsewhere := by("one", "p")
	elsewhere.domain = "other.example"
	for _, other := range []instanceKey{by("two", "p"), by("one", "q"), elsewhere} {
		if did := b.put(&sessionReport{from: other, ended: []string{"1"}}, start); !did.unknown {
			t.Errorf("%v is known: %+v", other, did)
		}
		b.put(&sessionReport{from: other, first: true, sessions: held(bob, "1")}, start)
		b.put(&sessionReport{from: other, ended: []string{"1"}}, start)
		if got := b.seen(alice, start); got != "1" {
			t.Errorf("%v: %q is left", other, got)
		}
	}
	// An account is in the domain that says so, not where its ID is claimed.
	b.put(&sessionReport{from: elsewhere, first: true, sessions: held(alice, "claimed")}, start)
	if got := b.seen(alice, start); got != "1" {
		t.Errorf("%q", got)
	}
}

func TestBookForgetsWhoIsSilent(t *testing.T) {
	now := start
	clock := func() time.Time { return now }
	var b sessionBook
	put := func(first bool) bool {
		return !b.put(&sessionReport{from: by("one", "p"), first: first, sessions: held(alice, "1")}, now).unknown
	}
	wind := func(d time.Duration, want string) {
		t.Helper()
		now = now.Add(d)
		if got := b.seen(alice, now); got != want {
			t.Errorf("at %s: %q, want %q", now.Format(time.TimeOnly), got, want)
		}
	}
	put(true)
	wind(silence-1, "1") // after a report
	if !put(false) {
		t.Error("forgotten too early")
	}
	wind(silence-1, "1")
	ended := b.follow(by("one", "p").follower, clock)
	wind(time.Hour, "1") // a poll is open
	again := b.follow(by("one", "p").follower, clock)
	ended()
	wind(time.Hour, "1") // another one is
	again()
	wind(silence-1, "1")
	wind(1, "?")
	if put(false) {
		t.Error("an instance that was forgotten is known")
	}
	if len(b.instances)+len(b.polls)+b.bytes != 0 {
		t.Errorf("left: %+v", &b)
	}
	put(true)
	// Nobody looked meanwhile: what was silent does not come to life again.
	now = now.Add(silence)
	b.follow(by("one", "p").follower, clock)()
	wind(0, "?")
	// Polls of others keep nothing alive; one for a name that is to report does.
	ended = b.follow(by("one", "p").follower, clock)
	put(true)
	other := b.follow(by("two", "p").follower, clock)
	wind(time.Hour, "1")
	ended()
	wind(silence, "?")
	other()
}

func TestBookIsBounded(t *testing.T) {
	var b sessionBook
	from := by("one", "p")
	put := func(first bool, keys ...string) outcome {
		return b.put(&sessionReport{from: from, first: first, sessions: held(alice, keys...)}, start)
	}
	put(true)
	for i := range api.MaxInstanceSessions {
		if did := put(false, fmt.Sprint(i)); did.full {
			t.Fatalf("full at %d", i)
		}
	}
	if did := put(false, "more"); !did.full || len(b.instances[from].sessions) != api.MaxInstanceSessions {
		t.Errorf("%+v with %d", did, len(b.instances[from].sessions))
	}
	if did := put(false, "even more", "0"); did.full { // it is said once
		t.Errorf("%+v", did)
	}
	if view := b.ofAccount("meet.jitsi", alice, start); len(view.Sessions) != api.MaxShownSessions {
		t.Errorf("%d sessions are shown", len(view.Sessions))
	}
	b.put(&sessionReport{from: from, ended: []string{"0"}}, start)
	if put(false, "more"); b.instances[from].sessions["more"].account != alice {
		t.Error("a place that is free again is not used")
	}
	b.checkBytes(t)

	others := sessionBook{bytes: maxSessionBytes - 100}
	if did := others.put(&sessionReport{from: from, first: true, sessions: held(alice, "much")}, start); !did.full || len(others.instances[from].sessions) != 0 {
		t.Errorf("%+v beyond the bytes", did)
	}
}

// Of many sessions the latest are shown, in the order in which they began.
func TestBookShowsTheLatest(t *testing.T) {
	var b sessionBook
	var all []reportedSession
	for i := range api.MaxShownSessions + 5 {
		s := held(alice, fmt.Sprintf("%04d", i))[0]
		s.shown.Since = start.Add(time.Duration(i) * time.Second)
		all = append(all, s)
	}
	b.put(&sessionReport{from: by("one", "p"), first: true, sessions: all}, start)
	shown := b.ofAccount("meet.jitsi", alice, start).Sessions
	if len(shown) != api.MaxShownSessions || shown[0].Rooms[0] != "0005" || shown[len(shown)-1].Rooms[0] != "1004" {
		t.Errorf("%d, from %v to %v", len(shown), shown[0], shown[len(shown)-1])
	}
}

// Sessions that began together don't change places from look to look.
func TestBookOrderIsNoChance(t *testing.T) {
	var b sessionBook
	var all []reportedSession
	for i := range 50 {
		all = append(all, held(alice, fmt.Sprintf("%02d", i))...)
	}
	b.put(&sessionReport{from: by("one", "p"), first: true, sessions: all}, start)
	if got := b.seen(alice, start); got != sorted(got) {
		t.Errorf("%q", got)
	}
}

// The instance that was not heard of for longest gives way, and one that follows
// the feed only where all do.
func TestBookMakesRoom(t *testing.T) {
	var b sessionBook
	now := start
	clock := func() time.Time { return now }
	for i := range maxInstances {
		now = now.Add(time.Millisecond)
		if did := b.put(&sessionReport{from: by("one", fmt.Sprint(i)), first: true}, now); did.gaveWay {
			t.Fatal(i)
		}
		b.put(&sessionReport{from: by("one", fmt.Sprint(i)), first: true}, now) // is there already
	}
	defer b.follow(by("one", "0").follower, clock)()
	add := func(name, gone string) {
		t.Helper()
		if did := b.put(&sessionReport{from: by("two", name), first: true}, now); !did.gaveWay || b.instances[by("one", gone)] != nil || len(b.instances) != maxInstances {
			t.Errorf("%s: %+v, %d instances", name, did, len(b.instances))
		}
	}
	add("a", "1")
	add("b", "2")
	for i := range maxInstances {
		defer b.follow(by("one", fmt.Sprint(i)).follower, clock)()
	}
	for _, name := range []string{"a", "b"} {
		defer b.follow(by("two", name).follower, clock)()
	}
	add("c", "0")
}

// Reports, polls and readers at once; the race detector looks on.
func TestBookInParallel(t *testing.T) {
	var b sessionBook
	var all sync.WaitGroup
	for i := range 4 {
		from := by("one", fmt.Sprint(i))
		all.Go(func() {
			for round := range 200 {
				ended := b.follow(from.follower, time.Now)
				b.put(&sessionReport{from: from, first: round%50 == 0, sessions: held(alice, fmt.Sprint(round)), ended: []string{fmt.Sprint(round - 3)}}, time.Now())
				ended()
			}
		})
		all.Go(func() {
			for range 200 {
				for _, s := range b.ofAccount("meet.jitsi", alice, time.Now()).Sessions {
					_ = s.Rooms[0]
				}
				b.byTransport(time.Now())
			}
		})
	}
	all.Wait()
	if got := b.byTransport(time.Now())["bosh"]; got != 4*3 {
		t.Errorf("%d sessions are left", got)
	}
	b.checkBytes(t)
	if len(b.polls) != 0 {
		t.Errorf("%v", b.polls)
	}
}
