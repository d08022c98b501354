package loadtest_test

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

// town is a file with many accounts.
type town struct {
	b     *testing.B
	path  string
	store *boltstore.Store
	users int
	order func(n int) int // what number the name of the n-th has
}

func newTown(b *testing.B, order func(int) int) *town {
	t := &town{b: b, path: filepath.Join(b.TempDir(), "town.db"), order: order}
	t.open()
	return t
}

// In order of names, as an export comes; and in any order.
func sorted(n int) int   { return n }
func anywhere(n int) int { return n * 7919 % 1_000_000 }

func (t *town) open() {
	var err error
	if t.store, err = boltstore.Open(t.path, nil); err != nil {
		t.b.Fatal(err)
	}
}

func (t *town) close() {
	if err := t.store.Close(); err != nil {
		t.b.Fatal(err)
	}
}

func (t *town) jid(n int) jitsiauth.JID {
	jid, err := jitsiauth.NewJID(fmt.Sprintf("user%07d", t.order(n)), jitsiauth.DefaultDomain)
	if err != nil {
		t.b.Fatal(err)
	}
	return jid
}

// lines are accounts with their hashes.
func (t *town) lines(from, to int) iter.Seq2[jitsiauth.ImportLine, error] {
	hash := string(hashOf(t.b))
	return func(yield func(jitsiauth.ImportLine, error) bool) {
		for n := from; n < to; n++ {
			name, email := fmt.Sprint("Some Body ", n), fmt.Sprintf("user%07d@mail.example", n)
			line := jitsiauth.ImportLine{
				Line: n, JID: t.jid(n), PasswordHash: hash,
				Fields: jitsiauth.UserChange{DisplayName: &name, Email: &email},
			}
			if !yield(line, nil) {
				return
			}
		}
	}
}

// grow imports up to so many accounts and returns how many a second.
func (t *town) grow(users int) float64 {
	s, err := jitsiauth.New(t.store, jitsiauth.Options{})
	if err != nil {
		t.b.Fatal(err)
	}
	start, made := time.Now(), 0
	for results, err := range s.Import(t.b.Context(), t.lines(t.users, users), jitsiauth.ImportOptions{}) {
		if err != nil {
			t.b.Fatal(err)
		}
		for _, r := range results {
			if r.Outcome != jitsiauth.ImportCreated {
				t.b.Fatal(r.Outcome, r.Err)
			}
		}
		made += len(results)
	}
	t.users = users
	return float64(made) / time.Since(start).Seconds()
}

// each returns the median of how long work takes.
func each(times int, work func()) time.Duration {
	all := make([]time.Duration, times)
	for i := range all {
		start := time.Now()
		work()
		all[i] = time.Since(start)
	}
	return middle(all)
}

func (t *town) get() {
	if _, err := t.store.UserByJID(t.b.Context(), t.jid(rand.IntN(t.users))); err != nil {
		t.b.Fatal(err)
	}
}

func (t *town) page() {
	q := jitsiauth.ListQuery{After: t.jid(rand.IntN(t.users - 101)), Limit: 100}
	if page, _, _, err := t.store.ListUsers(t.b.Context(), q); err != nil || len(page) != 100 {
		t.b.Fatal(len(page), err)
	}
}

// search looks at every account for a text that none has.
func (t *town) search() {
	q := jitsiauth.ListQuery{Text: "Nobody"}
	for more := true; more; {
		var err error
		if _, q.After, more, err = t.store.ListUsers(t.b.Context(), q); err != nil {
			t.b.Fatal(err)
		}
	}
}

// BenchmarkStore is a bbolt file with a million accounts, or as many as can be
// made in a short run.
func BenchmarkStore(b *testing.B) {
	few, many := 100_000, 1_000_000
	if *seconds < 10 {
		few, many = 5000, max(20_000, int(100_000**seconds))
	}
	t := newTown(b, sorted)
	t.grow(few)
	searched := each(5, t.search)
	imported := t.grow(many)
	t.close()
	other := newTown(b, anywhere)
	importedAnyhow := other.grow(many)
	other.close()
	opened := each(5, func() { t.open(); t.close() })
	t.open()
	defer t.close()
	got, paged := each(20_000, t.get), each(1000, t.page)

	what := fmt.Sprintf("%d users in bbolt: ", many)
	row(b, what+"open", "< 0.3 s", opened < 300*time.Millisecond, "%.2f ms", opened.Seconds()*1000)
	row(b, what+"get", "< 50 µs", got < 50*time.Microsecond, "%.1f µs", float64(got)/float64(time.Microsecond))
	row(b, what+"page of 100", "< 5 ms", paged < 5*time.Millisecond, "%s", ms(paged))
	row(b, what+"import of hashed records in order of names", "≥ 50,000/s", imported >= 50_000, "%.0f/s", imported)
	row(b, what+"import of hashed records in any order", "≥ 50,000/s", importedAnyhow >= 50_000, "%.0f/s", importedAnyhow)
	row(b, fmt.Sprintf("%d users in bbolt: substring search through all", few), "< 300 ms", searched < 300*time.Millisecond, "%s", ms(searched))
}
