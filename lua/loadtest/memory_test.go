package loadtest_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	_ "github.com/jitsiauth/server/jitsiauth/lowcost"
)

// rssAnon is how much memory of a process is neither of a file nor shared; false
// where the system does not say.
func rssAnon(pid int) (bytes int64, ok bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	found := regexp.MustCompile(`RssAnon:\s*(\d+) kB`).FindSubmatch(status)
	if err != nil || found == nil {
		return 0, false
	}
	kB, err := strconv.ParseInt(string(found[1]), 10, 64)
	return kB << 10, err == nil
}

func mb(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20)) }

// BenchmarkIdleMemory is the program on an empty file, with nobody there.
func BenchmarkIdleMemory(b *testing.B) {
	p := newProgram(b)
	time.Sleep(span(.5))
	rss, ok := rssAnon(p.PID())
	if !ok {
		b.Skip("skipped: this system does not tell RssAnon")
	}
	row(b, "idle memory of `jitsiauth serve` on an empty file (RssAnon)", "≤ 30 MB", rss <= 30<<20, "%s", mb(rss))
}

// What is promised: see maxTable in jitsiauth/throttle_table.go, and the README.
const (
	maxEntries = 1 << 16  // in each of the throttle's four tables
	maxMemory  = 35 << 20 // 28 MB of these, 7 MB of what is remembered
)

// stranger fails to log in, each time with another name from another address.
type stranger struct {
	b *testing.B
	s *service
	n atomic.Uint32
}

// attempt is at the name, or at one that is new.
func (g *stranger) attempt(name string) error {
	n := g.n.Add(1)
	if name == "" {
		name = fmt.Sprint("nobody", n)
	}
	source := netip.AddrFrom4([4]byte{byte(n>>24) | 16, byte(n >> 16), byte(n >> 8), byte(n)})
	_, err := g.s.Verify(g.b.Context(), jitsiauth.Attempt{Username: name, Password: "wrong horse", Source: source})
	return err
}

// fail does it so often, if the time suffices, and returns how often it was. Two
// at once for each hasher, so that the queue neither runs dry nor refuses.
func (g *stranger) fail(times int64, most time.Duration) int64 {
	var done atomic.Int64
	var all sync.WaitGroup
	end := time.Now().Add(most)
	for range 2 * runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for time.Now().Before(end) && done.Add(1) <= times {
				if err := g.attempt(""); !errors.Is(err, jitsiauth.ErrBadCredentials) {
					g.b.Error(err)
				}
			}
		})
	}
	all.Wait()
	return min(done.Load(), times)
}

// knock has so many strangers stand in the line before one account, which the
// throttle makes wait without hashing.
func (g *stranger) knock(times int) {
	for n := range times {
		if err := g.attempt("somebody"); n > 100 && !errors.Is(err, jitsiauth.ErrThrottled) {
			g.b.Error(err)
		}
	}
}

// held is what this process holds: live objects, and what it has of the system.
func held(b *testing.B) (heap, rss int64) {
	b.Helper()
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	rss, _ = rssAnon(os.Getpid())
	return int64(m.HeapAlloc), rss //nolint:gosec // no machine has that much
}

// BenchmarkMemory is what failed logins leave behind in memory and in the file.
// The clock stands still meanwhile, as if all came at once: nothing that is kept
// ends by itself. A hash of the default cost would make this a matter of days.
func BenchmarkMemory(b *testing.B) {
	at := time.Now()
	s := newService(b, jitsiauth.Options{
		BcryptCost: bcrypt.MinCost, Hashers: runtime.GOMAXPROCS(0), Now: func() time.Time { return at },
	})
	heap, rss := held(b)
	file := s.size(b)
	g := &stranger{b: b, s: s}
	long := span(60)
	if quick() {
		long = span(5)
	}
	failed := g.fail(1_000_000, long)
	const knocks = 2 * maxEntries
	g.knock(knocks)
	heapAfter, rssAfter := held(b)
	entries, most := s.Stats().Throttle.Entries, 0
	for _, n := range entries {
		most = max(most, n)
	}
	row(b, fmt.Sprintf("memory before and after %d distinct (name, address) failures and %d strangers in line, in one process at bcrypt's lowest cost, the clock standing still", failed, knocks),
		fmt.Sprintf("≤ %d entries a table, ≤ %s more", maxEntries, mb(maxMemory)), most <= maxEntries && heapAfter-heap <= maxMemory,
		"heap %s → %s, RssAnon %s → %s; entries: account+source %d, source %d, account %d, line %d; file %s → %s",
		mb(heap), mb(heapAfter), mb(rss), mb(rssAfter),
		entries["account_source"], entries["source"], entries["account"], entries["line"], mb(file), mb(s.size(b)))
}
