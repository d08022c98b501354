package loadtest_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"
)

// flood guesses at the accounts of a program: ten times as many passwords a
// second as can be hashed, from so many sources in turn. Each guess is at
// another account, so that as many as can be reach hashing.
type flood struct {
	b         *testing.B
	p         *program
	perSecond float64
	sources   int
	first     int // of the addresses
}

func (f flood) run(long time.Duration) *tally {
	var t tally
	arrive(f.perSecond, long, func(n int, due time.Time) {
		user, guess := fmt.Sprint("user", n*7919%crowd), fmt.Sprint("wrong horse ", n)
		got := outcome(f.b.Context(), client, f.p.url, f.p.token, questionOf(user, guess, address(f.first+n%f.sources)))
		t.add(got, time.Since(due))
	})
	t.only(f.b, "wrong", "throttled", "overloaded")
	return &t
}

// defaultHashers is how many passwords the program hashes at once by itself.
func defaultHashers() int { return max(1, runtime.GOMAXPROCS(0)-1) }

// hashesPerSecond is how many so many hashers make.
func hashesPerSecond(b *testing.B, hashers int) float64 {
	return rawBcrypt(hashOf(b), hashers, span(.1))
}

// owners are accounts of people who log in during a flood.
const owners = 10

// home is where an owner always logs in.
func home(owner int) string { return fmt.Sprint("192.0.2.", owner+1) }

// settle logs each owner in once and waits until their home is known: sources
// are written each second.
func settle(b *testing.B, p *program) {
	b.Helper()
	for owner := range owners {
		if got := ownerLogin(b, p, owner); got != "ok" {
			b.Fatal(got)
		}
	}
	time.Sleep(1500 * time.Millisecond)
}

func ownerLogin(b *testing.B, p *program, owner int) string {
	return outcome(b.Context(), client, p.url, p.token, questionOf(fmt.Sprint("user", owner), password, home(owner)))
}

// underFlood has an owner log in each second while a flood runs.
func underFlood(f flood, long time.Duration) (logins, guesses *tally) {
	logins = new(tally)
	var both sync.WaitGroup
	both.Go(func() { guesses = f.run(long) })
	both.Go(func() {
		arrive(1, long, func(n int, due time.Time) { logins.add(ownerLogin(f.b, f.p, n%owners), time.Since(due)) })
	})
	both.Wait()
	return logins, guesses
}

// BenchmarkFlood is good logins, all hashed, from known sources while others
// guess, with the program's own settings otherwise.
func BenchmarkFlood(b *testing.B) {
	p := newProgram(b, "JITSIAUTH_LOGIN_CACHE=false")
	p.add(b, crowd)
	settle(b, p)
	perSecond := 10 * hashesPerSecond(b, defaultHashers())
	counts, names := []int{1, 100, 10_000}, []string{"1 source", "100 sources", "10,000 sources"}
	logins, guesses := make([]tally, len(counts)), make([]tally, len(counts))
	long, times := span(1.5), turns(4)
	for turn := range times {
		for i, sources := range counts {
			first := (i + 1) << 20
			if sources == 10_000 {
				first += turn * 2500 // go on with those that have not guessed yet
			}
			good, bad := underFlood(flood{b, p, perSecond, sources, first}, long)
			logins[i].join(good)
			guesses[i].join(bad)
		}
	}
	for i, sources := range counts {
		took := logins[i].of("ok")
		logins[i].only(b, "ok", "throttled", "overloaded")
		missed := logins[i].all() - len(took)
		p99, bound := percentile(took, 99), noBound
		if sources == 10_000 {
			bound = "p99 < 1 s"
		}
		row(b, fmt.Sprintf("a good login from a known source, hashed, during a guessing flood from %s at 10× what can be hashed", names[i]), bound,
			missed == 0 && p99 < time.Second, "p50 %s, p99 %s of %d, %d refused; the flood: %s",
			ms(percentile(took, 50)), ms(p99), logins[i].all(), missed, guesses[i].perSecond(time.Duration(times)*long))
	}
}
