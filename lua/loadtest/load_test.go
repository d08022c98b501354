package loadtest_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// rate runs work in so many goroutines for a while and returns how often a
// second it succeeded. It ends with what was begun, so that no half of a hash is
// lost.
func rate(workers int, long time.Duration, work func(worker, n int) bool) float64 {
	var done atomic.Int64
	var all sync.WaitGroup
	start := time.Now()
	for worker := range workers {
		all.Go(func() {
			for n := 0; time.Since(start) < long; n++ {
				if work(worker, n) {
					done.Add(1)
				}
			}
		})
	}
	all.Wait()
	return float64(done.Load()) / time.Since(start).Seconds()
}

// rawBcrypt is how many passwords this machine compares a second, on all cores.
func rawBcrypt(hash []byte, workers int, long time.Duration) float64 {
	return rate(workers, long, func(int, int) bool { return bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil })
}

// arrive calls work so many times a second for a while, and returns when all
// calls have. Each comes on schedule in a goroutine of its own, however long the
// earlier ones take: people don't wait for each other. The schedule is a random
// moment in each interval, or two kinds of arrivals would always meet, or never.
// due is when it was to come, from where its time counts.
func arrive(perSecond float64, long time.Duration, work func(n int, due time.Time)) {
	var all sync.WaitGroup
	start := time.Now()
	for n := range int(math.Ceil(perSecond * long.Seconds())) {
		after := time.Duration((float64(n) + rand.Float64()) / perSecond * float64(time.Second))
		due := start.Add(after)
		time.Sleep(time.Until(due))
		all.Go(func() { work(n, due) })
	}
	all.Wait()
}

// good reports whether a login was let in. It fails the benchmark for anything
// but that and "no verdict", which is what a machine that is busy elsewhere gives.
func good(b *testing.B, outcome string) bool {
	b.Helper()
	switch outcome {
	case "ok":
		return true
	case "overloaded", "temporary-auth-failure":
	default:
		b.Error(outcome)
	}
	return false
}

// tally keeps how long what took, by how it came out.
type tally struct {
	mu   sync.Mutex
	took map[string][]time.Duration
}

func (t *tally) add(outcome string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.took == nil {
		t.took = map[string][]time.Duration{}
	}
	t.took[outcome] = append(t.took[outcome], took)
}

func (t *tally) of(outcome string) []time.Duration { return t.took[outcome] }

// all is how many came.
func (t *tally) all() (n int) {
	for _, took := range t.took {
		n += len(took)
	}
	return n
}

// join adds what another one kept.
func (t *tally) join(o *tally) {
	for outcome, all := range o.took {
		for _, took := range all {
			t.add(outcome, took)
		}
	}
}

// only fails the benchmark where something came out in another way than these.
func (t *tally) only(b *testing.B, outcomes ...string) {
	b.Helper()
	for outcome, took := range t.took {
		if !slices.Contains(outcomes, outcome) {
			b.Errorf("%d times %q", len(took), outcome)
		}
	}
}

// perSecond lists what came how often a second.
func (t *tally) perSecond(long time.Duration) string {
	var parts []string
	for _, outcome := range slices.Sorted(maps.Keys(t.took)) {
		parts = append(parts, fmt.Sprintf("%.1f/s %s", float64(len(t.took[outcome]))/long.Seconds(), outcome))
	}
	return strings.Join(parts, ", ")
}

// window counts what happens between two moments.
type window struct {
	opens, closes time.Time

	mu          sync.Mutex
	n           int
	first, last time.Time
}

// newWindow opens after a while in which what is measured becomes steady.
func newWindow(after, long time.Duration) *window {
	opens := time.Now().Add(after)
	return &window{opens: opens, closes: opens.Add(long)}
}

// now counts one that happens now, if the window is open.
func (w *window) now() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if now.Before(w.opens) || now.After(w.closes) {
		return
	}
	if w.n++; w.n == 1 {
		w.first = now
	}
	w.last = now
}

// perSecond goes by the time from the first to the last: in a window of some
// dozen hashes, one more or less would be some percent.
func (w *window) perSecond() float64 {
	if w.n < 2 {
		return 0
	}
	return float64(w.n-1) / w.last.Sub(w.first).Seconds()
}
