package loadtest_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/jitsiauth/server/lua/prosodytest"
)

// whole is what these benchmarks count as one login.
const whole = "whole logins over WebSocket: connect, log in, bind, leave"

// BenchmarkColdProsody is logins through a real Prosody that are all hashed,
// beside bcrypt alone. Prosody and the clients have no cores but those.
func BenchmarkColdProsody(b *testing.B) {
	cores := runtime.GOMAXPROCS(0)
	p := newProgram(b, fmt.Sprint("JITSIAUTH_HASHERS=", cores), "JITSIAUTH_LOGIN_CACHE=false")
	p.add(b, 4*cores)
	s, hash := prosodyOf(b, newest, p), hashOf(b)
	var rounds []round
	for range turns(5) {
		raw := rawBcrypt(hash, cores, span(.5))
		ours := rate(2*cores, span(.5), func(worker, n int) bool {
			return good(b, login(b, s, fmt.Sprint("user", worker*2+n%2), password, address(worker)))
		})
		rounds = append(rounds, round{ours, raw})
	}
	r := median(rounds)
	row(b, "cold logins/s through a real Prosody "+string(newest)+" ÷ the same raw rate, hashers = cores; "+whole, "≥ 0.95", r.ratio() >= .95,
		"%.3f (%.2f of %.2f/s)", r.ratio(), r.ours, r.other)
}

// BenchmarkWarmProsody is logins through Prosody that the service recognises,
// beside those that Prosody checks by itself (SCRAM hashes, PLAIN over the wire).
func BenchmarkWarmProsody(b *testing.B) {
	for _, v := range prosodytest.Versions {
		b.Run(string(v), func(b *testing.B) { warmProsody(b, v) })
	}
}

func warmProsody(b *testing.B, v prosodytest.Version) {
	p := newProgram(b)
	p.add(b, 1)
	ours, internal := prosodyOf(b, v, p), newProsody(b, v, "")
	if err := internal.Register(b.Context(), "user0", internal.Domain, password); err != nil {
		b.Fatal(err)
	}
	through := func(s *prosodytest.Server) func(int, int) bool {
		return func(worker, _ int) bool { return good(b, login(b, s, "user0", password, address(worker))) }
	}
	through(ours)(0, 0) // the one that is hashed
	through(internal)(0, 0)
	var rounds []round
	for range turns(5) {
		other := rate(4, span(.3), through(internal))
		rounds = append(rounds, round{rate(4, span(.3), through(ours)), other})
	}
	r := median(rounds)
	row(b, "warm logins/s through a real Prosody "+string(v)+" ÷ its own `internal_hashed` (PLAIN); "+whole, "≥ 1.5", r.ratio() >= 1.5,
		"%.2f (%.0f to %.0f/s)", r.ratio(), r.ours, r.other)
}
