package jitsiauth

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// model is the throttle told in the plainest way: it remembers all that ever
// happened, and pours it into empty buckets anew for each question.
type model struct {
	happened []happening
	knocked  map[string]time.Time
}

// happening is an attempt that was taken or, with a negative sign, given back.
type happening struct {
	a      throttled
	at     time.Time
	sign   time.Duration
	strong time.Duration // what it added to the account's bucket
	turn   bool          // of a stranger in the line
	before time.Time     // the place before
}

func (m *model) giveBack(h happening, now time.Time) {
	if key := fmt.Sprint(h.a.name, h.a.source); h.turn && m.knocked[key].Equal(h.at) {
		m.knocked[key] = h.before
	}
	h.at, h.sign = now, -1
	m.happened = append(m.happened, h)
}

// fill replays what went into a bucket and came out of it.
func (m *model) fill(now time.Time, amount func(*happening) time.Duration) (full time.Duration) {
	last := start
	for _, h := range m.happened {
		if n := amount(&h); n != 0 {
			full = max(0, full-h.at.Sub(last)) + h.sign*n
			last = h.at
		}
	}
	return max(0, full-now.Sub(last))
}

func (m *model) pair(a throttled, now time.Time) time.Duration {
	return m.fill(now, func(h *happening) time.Duration {
		if h.a.source.IsValid() && h.a.pair() == a.pair() {
			return pairRule.every
		}
		return 0
	})
}

func (m *model) source(a throttled, now time.Time) time.Duration {
	return m.fill(now, func(h *happening) time.Duration {
		if h.a.source.IsValid() && h.a.source == a.source {
			return sourceRule.every
		}
		return 0
	})
}

func (m *model) account(a throttled, now time.Time) time.Duration {
	return m.fill(now, func(h *happening) time.Duration {
		if h.a.name == a.name {
			return h.strong
		}
		return 0
	})
}

// take returns what is to be waited, and by which rule.
func (m *model) take(a throttled, now time.Time) (happening, time.Duration, ThrottledBy) {
	if a.source.IsValid() {
		pair := m.pair(a, now) + pairRule.every - pairRule.size()
		source := m.source(a, now) + sourceRule.every - sourceRule.size()
		if pair > 0 && pair >= source {
			return happening{}, pair, ThrottledByPair
		}
		if source > 0 {
			return happening{}, source, ThrottledBySource
		}
	}
	h := happening{a: a, at: now, sign: 1}
	if a.stranger {
		wait, turn := m.line(a, now)
		if wait > 0 {
			return happening{}, wait, ThrottledByAccount
		}
		if key := fmt.Sprint(a.name, a.source); turn {
			h.turn, h.before = true, m.knocked[key]
			m.knocked[key] = now
		}
		h.strong = min(accountRule.every, accountRule.size()-m.account(a, now))
	}
	m.happened = append(m.happened, h)
	return h, 0, ""
}

// line returns how long a stranger has to wait, and whether one who need not had
// to before.
func (m *model) line(a throttled, now time.Time) (wait time.Duration, turn bool) {
	full := m.account(a, now)
	attempts := int((full + accountRule.every - 1) / accountRule.every)
	gap := min(max(0, time.Duration(attempts-accountFree)*strangerStep), maxStrangerWait)
	if gap == 0 {
		return 0, false
	}
	key := fmt.Sprint(a.name, a.source)
	last, ok := m.knocked[key]
	if !ok || !now.Before(last.Add(knockFor)) {
		m.knocked[key] = now
		return gap, false
	}
	return max(0, last.Add(gap).Sub(now)), true
}

// TestThrottleAgainstModel holds the throttle to the model on random traffic:
// few accounts and sources, so that all rules are met, and all lengths of pause.
func TestThrottleAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, m := newGate(), &model{knocked: map[string]time.Time{}}
		type pending struct {
			taken ticket
			happening
		}
		var flying []pending
		names := []string{"alice", "bob", "carol"}
		sources := []string{"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1", ""}
		hot := rapid.Bool().Draw(t, "hot") // mostly one account
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			if rapid.IntRange(0, 9).Draw(t, "pause") < 4 {
				limit := rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, 10 * time.Second, 2 * time.Minute, 20 * time.Minute}).Draw(t, "limit")
				g.wind(time.Duration(rapid.Int64Range(0, int64(limit)).Draw(t, "by")))
			}
			if len(flying) > 0 && rapid.IntRange(0, 9).Draw(t, "end") < 4 {
				i := rapid.IntRange(0, len(flying)-1).Draw(t, "which")
				if rapid.IntRange(0, 2).Draw(t, "right") == 0 {
					g.giveBack(flying[i].taken)
					m.giveBack(flying[i].happening, g.now)
				}
				flying = append(flying[:i], flying[i+1:]...)
				continue
			}
			name := rapid.SampledFrom(names).Draw(t, "name")
			if hot && rapid.IntRange(0, 4).Draw(t, "stray") > 0 {
				name = names[0]
			}
			a := from(name, rapid.SampledFrom(sources).Draw(t, "source"))
			a.stranger = !a.source.IsValid() || a.source != addr("192.0.2.1")
			for range rapid.IntRange(1, 12).Draw(t, "times") {
				taken, wait, by := g.take3(a)
				h, wantWait, wantBy := m.take(a, g.now)
				if wait != wantWait || by != wantBy {
					t.Fatalf("%v at %v: wait %v by %q, the model says %v by %q", a, g.now.Sub(start), wait, by, wantWait, wantBy)
				}
				if wait == 0 {
					flying = append(flying, pending{taken, h})
				}
			}
			if rapid.IntRange(0, 19).Draw(t, "sweep") == 0 {
				g.sweep(g.now)
			}
		}
	})
}

// TestThrottleNeverOpens counts, on random traffic of many accounts and sources,
// what was let through and not given back, in every stretch of time.
func TestThrottleNeverOpens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newGate()
		type guess struct {
			at   time.Duration
			name nameKey
			from netip.Addr
		}
		var guesses []guess
		for range rapid.IntRange(50, 400).Draw(t, "steps") {
			g.wind(time.Duration(rapid.Int64Range(0, int64(20*time.Second)).Draw(t, "pause")))
			a := stranger(fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "name")), fmt.Sprint("192.0.2.", rapid.IntRange(1, 3).Draw(t, "source")))
			for range rapid.IntRange(1, 15).Draw(t, "times") {
				taken, wait, _ := g.take3(a)
				if wait > 0 {
					break
				}
				if rapid.IntRange(0, 9).Draw(t, "right") == 0 {
					g.giveBack(taken)
					continue
				}
				guesses = append(guesses, guess{g.now.Sub(start), a.name, a.source})
			}
		}
		for i, first := range guesses {
			pair, source := 0, 0
			for _, last := range guesses[i:] {
				stretch := last.at - first.at
				if last.from == first.from {
					source++
					if last.name == first.name {
						pair++
					}
				}
				if most := pairRule.burst + int(stretch/pairRule.every) + 1; pair > most {
					t.Fatalf("%d guesses at an account from one source in %v, want at most %d", pair, stretch, most)
				}
				if most := sourceRule.burst + int(stretch/sourceRule.every) + 1; source > most {
					t.Fatalf("%d guesses from one source in %v, want at most %d", source, stretch, most)
				}
			}
		}
	})
}
