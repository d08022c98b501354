package loadtest_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// patience is how long Prosody's module waits for a verdict; what comes later
// is no good to anybody (http_auth_timeout).
const patience = 5 * time.Second

// crowd is how many accounts take part where each login needs another one.
const crowd = 2000

// goodput is load with right passwords, each of another account at a place that
// is new to it. Nothing is recognised.
type goodput struct {
	b    *testing.B
	p    *program
	next atomic.Int64
}

func (g *goodput) login() string {
	n := int(g.next.Add(1))
	return outcome(g.b.Context(), client, g.p.url, g.p.token, questionOf(fmt.Sprint("user", n%crowd), password, address(n)))
}

// closed returns how many logins a second are good if there is always one more
// that waits, but no more than are hashed soon.
func (g *goodput) closed(warm, long time.Duration) float64 {
	w := newWindow(warm, long)
	rate(2*defaultHashers(), warm+long, func(int, int) bool {
		if !good(g.b, g.login()) {
			return false
		}
		w.now()
		return true
	})
	return w.perSecond()
}

// open returns the same for so many that come a second, and how long it took to
// refuse the others. It counts what is answered while they come: what waits in
// the end would make the rate look higher than it can stay.
func (g *goodput) open(perSecond float64, warm, long time.Duration) (good float64, refused []time.Duration) {
	w := newWindow(warm, long)
	var t tally
	arrive(perSecond, warm+long, func(_ int, due time.Time) {
		got := g.login()
		took := time.Since(due)
		if t.add(got, took); got == "ok" && took <= patience {
			w.now()
		}
	})
	t.only(g.b, "ok", "overloaded")
	return w.perSecond(), t.of("overloaded")
}

// BenchmarkGoodput offers one, two and ten times what can be hashed, with the
// program's own settings otherwise.
func BenchmarkGoodput(b *testing.B) {
	p := newProgram(b, "JITSIAUTH_LOGIN_CACHE=false")
	p.add(b, crowd)
	g := &goodput{b: b, p: p}
	loads := []float64{1, 2, 10}
	rounds, refused := make([][]round, len(loads)), make([][]time.Duration, len(loads))
	for range turns(3) {
		peak := g.closed(span(.1), span(.8))
		for i, load := range loads {
			good, slow := g.open(load*peak, span(.2), span(.8))
			rounds[i] = append(rounds[i], round{good, peak})
			refused[i] = append(refused[i], slow...)
		}
	}
	for i, load := range loads {
		r, bound := median(rounds[i]), noBound
		if load == 10 {
			bound = "≥ 0.95"
		}
		row(b, fmt.Sprintf("goodput at %.0f× the load that can be hashed (verdicts within %v only) ÷ the peak", load, patience), bound,
			r.ratio() >= .95, "%.2f (%.2f of %.2f/s)", r.ratio(), r.ours, r.other)
	}
	p99 := percentile(refused[2], 99)
	row(b, "refusals (503) at 10×, p99", "< 50 ms", p99 < 50*time.Millisecond, "%s (p50 %s, of %d)", ms(p99), ms(percentile(refused[2], 50)), len(refused[2]))
}
