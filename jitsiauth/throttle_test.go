package jitsiauth

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// gate is a throttle with a clock of its own.
type gate struct {
	throttle
	now time.Time
}

func newGate() *gate { return &gate{now: start} }

func (g *gate) wind(d time.Duration) { g.now = g.now.Add(d) }

func addr(text string) netip.Addr {
	if text == "" {
		return netip.Addr{}
	}
	return placeOf(netip.MustParseAddr(text), false)
}

// from is an attempt at an account from a place it is known at.
func from(name, source string) throttled {
	return throttled{name: keyOf(JID{local: name, domain: "meet.jitsi"}), source: addr(source)}
}

// stranger is an attempt from elsewhere.
func stranger(name, source string) throttled {
	a := from(name, source)
	a.stranger = true
	return a
}

// try takes an attempt and returns how long to wait, and why.
func (g *gate) try(a throttled) (time.Duration, ThrottledBy) {
	_, wait, by := g.take3(a)
	return wait, by
}

func (g *gate) take3(a throttled) (ticket, time.Duration, ThrottledBy) {
	taken, err := g.take(a, g.now)
	if slow, ok := errors.AsType[*ThrottledError](err); ok {
		return taken, slow.RetryAfter, slow.By
	}
	return taken, 0, ""
}

// through counts how many of n attempts in a row are let through.
func (g *gate) through(a throttled, n int) (passed int) {
	for range n {
		if wait, _ := g.try(a); wait == 0 {
			passed++
		}
	}
	return passed
}

// expect tries once.
func (g *gate) expect(t *testing.T, what string, a throttled, wait time.Duration, by ThrottledBy) {
	t.Helper()
	if got, why := g.try(a); got != wait || why != by {
		t.Errorf("%s: wait %v by %q, want %v by %q", what, got, why, wait, by)
	}
}

func TestPairRule(t *testing.T) {
	g := newGate()
	alice := from("alice", "192.0.2.1")
	if n := g.through(alice, 50); n != 10 {
		t.Errorf("%d attempts at once, want 10", n)
	}
	g.expect(t, "the next", alice, time.Minute, ThrottledByPair)
	g.wind(59 * time.Second)
	g.expect(t, "a second early", alice, time.Second, ThrottledByPair)
	g.wind(time.Second)
	g.expect(t, "a minute later", alice, 0, "")
	g.expect(t, "and again", alice, time.Minute, ThrottledByPair)
	g.expect(t, "another account from there", from("bob", "192.0.2.1"), 0, "")
	g.expect(t, "the account from elsewhere", from("alice", "192.0.2.2"), 0, "")
	g.wind(10 * time.Minute)
	if n := g.through(alice, 50); n != 10 {
		t.Errorf("%d attempts after a pause, want 10", n)
	}
}

func TestPairRuleInTheLongRun(t *testing.T) {
	g := newGate()
	passed := 0
	for range 24 * 60 * 6 { // a day, an attempt every ten seconds
		passed += g.through(from("alice", "192.0.2.1"), 1)
		g.wind(10 * time.Second)
	}
	if want := 10 + 24*60 - 1; passed > want+1 || passed < want-1 {
		t.Errorf("%d attempts in a day, want about %d", passed, want)
	}
}

func TestSourceRule(t *testing.T) {
	g := newGate()
	passed := 0
	for i := range 200 {
		passed += g.through(from(fmt.Sprint("user", i), "192.0.2.1"), 1)
	}
	if passed != 60 {
		t.Errorf("%d accounts from one source, want 60", passed)
	}
	g.expect(t, "one more", from("other", "192.0.2.1"), 6*time.Second, ThrottledBySource)
	g.expect(t, "from elsewhere", from("other", "192.0.2.2"), 0, "")
	g.wind(6 * time.Second)
	g.expect(t, "later", from("other", "192.0.2.1"), 0, "")
	g.expect(t, "and again", from("other", "192.0.2.1"), 6*time.Second, ThrottledBySource)
}

// The reason given is the one that lasts longer.
func TestSlowedSources(t *testing.T) {
	g := newGate()
	g.through(from("alice", "192.0.2.1"), 20) // waits at alice's
	g.through(from("bob", "192.0.2.1"), 9)    // and not at bob's
	for i := range 100 {
		g.through(from(fmt.Sprint("user", i%7), "192.0.2.2"), 1) // waits everywhere, and longer at some
	}
	g.through(from("alice", "192.0.2.3"), 3)
	sources, accounts := g.slowed(g.now)
	want := []SourceThrottle{
		{Source: addr("192.0.2.1"), Attempts: 10, RetryAfter: time.Minute, By: ThrottledByPair},
		{Source: addr("192.0.2.2"), Attempts: 60, RetryAfter: 6 * time.Second, By: ThrottledBySource},
	}
	if !slices.Equal(sources, want) || len(accounts) != 0 {
		t.Errorf("%+v %v", sources, accounts)
	}
	g.clearSource(addr("192.0.2.1"))
	g.wind(time.Minute)
	if sources, _ := g.slowed(g.now); len(sources) != 0 {
		t.Errorf("later: %+v", sources)
	}
}

func TestLongerWaitIsTold(t *testing.T) {
	g := newGate()
	for i := range 200 {
		g.through(from(fmt.Sprint("user", i%7), "192.0.2.1"), 1)
	}
	g.expect(t, "both", from("user1", "192.0.2.1"), 6*time.Second, ThrottledBySource)
	g.wind(6 * time.Second)
	for range 4 {
		g.through(from("user1", "192.0.2.1"), 1)
		g.wind(6 * time.Second)
	}
	if wait, by := g.try(from("user1", "192.0.2.1")); by != ThrottledByPair || wait < 20*time.Second {
		t.Errorf("wait %v by %s", wait, by)
	}
}

func TestRefusedAttemptsCountForNothing(t *testing.T) {
	g := newGate()
	alice := from("alice", "192.0.2.1")
	g.through(alice, 10)
	for range 1000 { // hammering all the while
		g.wind(50 * time.Millisecond)
		if wait, _ := g.try(alice); wait == 0 {
			t.Fatal("let through")
		}
	}
	g.wind(10 * time.Second)
	g.expect(t, "a minute after the last that counted", alice, 0, "")
	g.expect(t, "the source is not full", from("bob", "192.0.2.1"), 0, "")
}

func TestGiveBack(t *testing.T) {
	g := newGate()
	for i := range 1000 {
		taken, wait, by := g.take3(stranger("alice", "192.0.2.1"))
		if wait != 0 {
			t.Fatalf("right login %d: wait %v by %s", i, wait, by)
		}
		g.giveBack(taken)
	}
	if n := g.through(from("alice", "192.0.2.1"), 50); n != 10 {
		t.Errorf("%d wrong ones after a thousand right ones, want 10", n)
	}
}

// A stranger whose turn came and led to no hash, or whose password was right,
// keeps it.
func TestTurnIsGivenBack(t *testing.T) {
	g := newGate()
	for i := range 100 {
		g.try(stranger("alice", fmt.Sprint("198.51.100.", i)))
	}
	owner := stranger("alice", "192.0.2.1")
	wait, _ := g.try(owner)
	if wait == 0 {
		t.Fatal("need not wait")
	}
	g.wind(wait)
	for i := range 5 {
		taken, wait, by := g.take3(owner)
		if wait > 0 {
			t.Fatalf("turn %d was used up by one that was given back: wait %v by %s", i, wait, by)
		}
		g.wind(2 * time.Second)
		g.giveBack(taken)
	}
	g.expect(t, "a wrong one", owner, 0, "")
	if wait, by := g.try(owner); wait == 0 || by != ThrottledByAccount {
		t.Errorf("the next after a wrong one: wait %v by %q", wait, by)
	}
}

// Right logins in between don't make guessing cheaper.
func TestGiveBackGivesNoMoreThanWasTaken(t *testing.T) {
	g := newGate()
	guesses := 0
	for range 3600 { // an hour; a right login under way all the time
		own, wait, _ := g.take3(from("mallory", "192.0.2.1"))
		if wait == 0 {
			guesses += g.through(from(fmt.Sprint("user", guesses%100), "192.0.2.1"), 1)
		}
		g.wind(time.Second)
		if wait == 0 {
			g.giveBack(own)
		}
	}
	if most := 60 + 600 + 1; guesses > most {
		t.Errorf("%d guesses in an hour, want at most %d", guesses, most)
	}
}

func TestStrangersWait(t *testing.T) {
	g := newGate()
	for i := range 20 {
		g.expect(t, fmt.Sprint("stranger ", i), stranger("alice", fmt.Sprint("198.51.100.", i)), 0, "")
	}
	g.expect(t, "the 21st, which still counts", stranger("alice", "198.51.100.100"), 0, "")
	g.expect(t, "a stranger", stranger("alice", "198.51.100.101"), 5*time.Second, ThrottledByAccount)
	g.expect(t, "a known source", from("alice", "192.0.2.1"), 0, "")
	g.expect(t, "another account", stranger("bob", "198.51.100.101"), 0, "")
	g.wind(4 * time.Second)
	g.expect(t, "too early", stranger("alice", "198.51.100.101"), time.Second, ThrottledByAccount)
	g.expect(t, "another one", stranger("alice", "198.51.100.102"), 5*time.Second, ThrottledByAccount)
	g.wind(time.Second)
	g.expect(t, "its turn", stranger("alice", "198.51.100.101"), 0, "")
	if wait, by := g.try(stranger("alice", "198.51.100.101")); wait != 10*time.Second || by != ThrottledByAccount {
		t.Errorf("and again: %v by %q; it waits longer, as its attempt counted", wait, by)
	}
}

// Whatever ten thousand others do, a stranger gets its turn after a minute.
func TestStrangerGetsItsTurnInAFlood(t *testing.T) {
	g := newGate()
	flood := func(seconds int) {
		for range seconds {
			for i := range 500 {
				g.try(stranger("alice", fmt.Sprintf("10.%d.%d.%d", i%20, g.now.Second(), i/20)))
			}
			g.wind(time.Second)
		}
	}
	flood(120)
	wait, by := g.try(stranger("alice", "192.0.2.1"))
	if wait == 0 || wait > time.Minute || by != ThrottledByAccount {
		t.Fatalf("the owner on a journey: wait %v by %q", wait, by)
	}
	flood(60)
	g.expect(t, "the owner a minute later", stranger("alice", "192.0.2.1"), 0, "")
	g.expect(t, "the owner at home", from("alice", "192.0.2.2"), 0, "")
}

func TestAccountRecoversAfterAnAttack(t *testing.T) {
	g := newGate()
	for i := range 100_000 {
		g.try(stranger("alice", fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)))
		g.wind(time.Millisecond)
	}
	g.wind(accountRule.size())
	g.expect(t, "a stranger later", stranger("alice", "192.0.2.1"), 0, "")
}

// Without a source only the account's rule holds, and all are one stranger.
func TestWithoutSource(t *testing.T) {
	g := newGate()
	if n := g.through(stranger("alice", ""), 1000); n != 21 {
		t.Errorf("%d attempts at once, want 21", n)
	}
	most := time.Duration(0)
	for range 600 {
		wait, by := g.try(stranger("alice", ""))
		if most = max(most, wait); wait > 0 && by != ThrottledByAccount {
			t.Fatalf("by %s", by)
		}
		g.wind(time.Second)
	}
	if most == 0 || most > time.Minute {
		t.Errorf("the longest wait was %v, want a minute at most", most)
	}
	for i := range 10_000 {
		g.expect(t, "other accounts", stranger(fmt.Sprint("user", i), ""), 0, "")
	}
	if len(g.sources.m) != 0 || len(g.pairs.m) != 0 {
		t.Error("no source was counted as one")
	}
}

func TestUnknownNamesAreThrottledAlike(t *testing.T) {
	there, missing := newGate(), newGate()
	for i := range 2000 {
		a := stranger("alice", fmt.Sprintf("198.51.100.%d", i%7))
		b := a
		a.id = ID{1}
		wait, by := there.try(a)
		if other, why := missing.try(b); wait != other || by != why {
			t.Fatalf("attempt %d: %v by %q with an account, %v by %q without", i, wait, by, other, why)
		}
		there.wind(3 * time.Second)
		missing.wind(3 * time.Second)
	}
}

func TestPlaces(t *testing.T) {
	for _, test := range []struct {
		source string
		proxy  bool
		want   string
	}{
		{"192.0.2.1", false, "192.0.2.1"},
		{"192.0.2.1", true, ""},
		{"::ffff:192.0.2.1", false, "192.0.2.1"},
		{"2001:db8:1:2:3:4:5:6", false, "2001:db8:1:2::"},
		{"2001:db8:1:2::", false, "2001:db8:1:2::"},
		{"2001:db8:1:3::", false, "2001:db8:1:3::"},
		{"fe80::1%eth0", false, "fe80::"},
		{"fe80::1%eth1", false, "fe80::"},
		{"::1", false, "::"},
		{"127.0.0.1", false, "127.0.0.1"},
	} {
		got := placeOf(netip.MustParseAddr(test.source), test.proxy)
		if got.IsValid() != (test.want != "") || got.IsValid() && got.String() != test.want {
			t.Errorf("%s (proxy %v): %v, want %q", test.source, test.proxy, got, test.want)
		}
	}
	if placeOf(netip.Addr{}, false).IsValid() {
		t.Error("no address became a place")
	}
}

func TestKnownPlaces(t *testing.T) {
	home, away := addr("192.0.2.1"), addr("192.0.2.2")
	for _, test := range []struct {
		name         string
		seen         time.Duration // before now
		from         netip.Addr
		known, fresh bool
	}{
		{"just now", 0, home, true, true},
		{"today", 23 * time.Hour, home, true, true},
		{"yesterday", 24 * time.Hour, home, true, false},
		{"last month", 40 * 24 * time.Hour, home, true, false},
		{"ninety days ago", 90 * 24 * time.Hour, home, false, false},
		{"in the future, by a clock that was set back", -time.Hour, home, true, false},
		{"elsewhere", 0, away, false, false},
		{"nowhere", 0, netip.Addr{}, false, false},
	} {
		p := placeAmong([]KnownSource{{addr("192.0.2.9"), start}, {home, start.Add(-test.seen)}}, test.from, start)
		if p.known != test.known || p.fresh != test.fresh || p.source != test.from {
			t.Errorf("%s: %+v", test.name, p)
		}
	}
}

// A thousand at once get no more tries than a thousand in a row.
func TestParallelGuessesGetNoMore(t *testing.T) {
	for _, test := range []struct {
		name string
		a    func(i int) throttled
		want int32
	}{
		{"one account from one source", func(int) throttled { return from("alice", "192.0.2.1") }, 10},
		{"many accounts from one source", func(i int) throttled { return from(fmt.Sprint(i), "192.0.2.1") }, 60},
		{"one account from many sources", func(i int) throttled {
			return stranger("alice", fmt.Sprintf("10.0.%d.%d", i>>8, i&255))
		}, 21},
		{"one account from nowhere", func(int) throttled { return stranger("alice", "") }, 21},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := newGate()
			var passed atomic.Int32
			var all sync.WaitGroup
			for i := range 1000 {
				all.Go(func() {
					if _, err := g.take(test.a(i), start); err == nil {
						passed.Add(1)
					}
				})
			}
			all.Wait()
			if passed.Load() != test.want {
				t.Errorf("%d of 1000 were let through, want %d", passed.Load(), test.want)
			}
		})
	}
}

func TestClockJumps(t *testing.T) {
	alice := from("alice", "192.0.2.1")
	for _, test := range []struct {
		name string
		jump time.Duration
		open int // how many more are let through right after
	}{
		{"back by a year", -365 * 24 * time.Hour, 0},
		{"back by a minute", -time.Minute, 0},
		{"back by a moment", -10 * time.Millisecond, 0},
		{"ahead by a minute", time.Minute, 1},
		{"ahead by a year", 365 * 24 * time.Hour, 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := newGate()
			g.through(alice, 20)
			g.wind(test.jump)
			if n := g.through(alice, 50); n != test.open {
				t.Errorf("%d let through after the jump, want %d", n, test.open)
			}
			g.wind(time.Minute + backwards)
			if n := g.through(alice, 50); n != 1 {
				t.Errorf("%d let through a minute later, want 1", n)
			}
			g.wind(-test.jump)
			g.through(alice, 50)
			g.wind(time.Minute + backwards)
			if n := g.through(alice, 50); n != 1 {
				t.Errorf("%d let through a minute after it was set right, want 1", n)
			}
		})
	}
}

// Calls that overtake each other don't make time run faster.
func TestOvertakingCallsDoNotHurryTheClock(t *testing.T) {
	var c steadyClock
	c.at(start)
	for i := range 1000 {
		c.at(start.Add(time.Duration(i) * time.Millisecond))
		c.at(start.Add(time.Duration(i)*time.Millisecond - 500*time.Millisecond))
	}
	if passed := c.at(start.Add(time.Second)); passed != time.Second {
		t.Errorf("%v passed in a second", passed)
	}
}

// A machine whose clock swings to and fro, as none that tells time.Now does,
// opens no more than its swings ahead drain.
func TestSwingingClock(t *testing.T) {
	g := newGate()
	passed := g.through(from("alice", "192.0.2.1"), 100)
	for range 100 {
		g.wind(-time.Hour)
		passed += g.through(from("alice", "192.0.2.1"), 100)
		g.wind(time.Hour)
	}
	if passed > 10+100*10 {
		t.Errorf("%d let through", passed)
	}
}

func TestTablesAreBounded(t *testing.T) {
	g := newGate()
	for i := range 3 * maxTable {
		source := fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)
		g.try(stranger(fmt.Sprint("user", i), source))
		g.knocks.put(from(fmt.Sprint("user", i), source).pair(), knock(g.clock.at(g.now)), g.clock.at(g.now))
	}
	for name, n := range map[string]int{"pairs": len(g.pairs.m), "sources": len(g.sources.m), "accounts": len(g.accounts.m), "knocks": len(g.knocks.m)} {
		if n != maxTable {
			t.Errorf("%s holds %d, want %d", name, n, maxTable)
		}
	}
	g.wind(time.Hour)
	g.sweep(g.now)
	if n := len(g.pairs.m) + len(g.sources.m) + len(g.accounts.m) + len(g.knocks.m); n != 0 {
		t.Errorf("%d entries an hour later", n)
	}
}

// Keys that come and go make a table no larger than keys that stay.
func TestTablesDoNotGrowWithTraffic(t *testing.T) {
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc) //nolint:gosec // small
	}
	var pairs table[pairKey, account]
	put := func(from, to int) {
		for i := range to - from {
			key := pairKey{source: netip.AddrFrom4([4]byte{10, byte((from + i) >> 16), byte((from + i) >> 8), byte(from + i)})}
			pairs.put(key, account{level: level(time.Hour)}, 0)
		}
	}
	before := heap()
	put(0, maxTable)
	full := heap() - before
	put(maxTable, 40*maxTable)
	later := heap() - before
	if len(pairs.m) != maxTable || later > full*3/2 {
		t.Errorf("%d KB full, %d KB after forty times as many keys", full>>10, later>>10)
	}
	pairs.sweep(2 * time.Hour)
	if empty := heap() - before; empty > full/4 {
		t.Errorf("%d KB when all has ended", empty>>10)
	}
}

// What still counts is pushed out by as much that counts, not by what has ended.
func TestEndedEntriesGoFirst(t *testing.T) {
	g := newGate()
	for i := range maxTable - 1 {
		g.through(from(fmt.Sprint("user", i), fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)), 1)
	}
	g.wind(2 * time.Minute) // all of these have ended
	alice := from("alice", "192.0.2.1")
	g.through(alice, 20)
	for i := range 1000 {
		g.try(from(fmt.Sprint("other", i), fmt.Sprintf("172.16.%d.%d", i>>8, i&255)))
	}
	g.expect(t, "alice", alice, time.Minute, ThrottledByPair)
}

func TestSweepKeepsWhatCounts(t *testing.T) {
	g := newGate()
	for i := range 5000 {
		g.through(from(fmt.Sprint("user", i), fmt.Sprintf("10.0.%d.%d", i>>8, i&255)), 1)
	}
	alice := from("alice", "192.0.2.1")
	g.through(alice, 20)
	g.wind(61 * time.Second)
	g.sweep(g.now)
	if n := len(g.pairs.m); n != 1 {
		t.Errorf("%d pairs kept, want alice's alone", n)
	}
	if n := g.through(alice, 20); n != 1 {
		t.Errorf("%d let through after the sweep, want 1", n)
	}
}
