package jitsiauth

import (
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

// The rules of who may try again when. An attempt is taken before anything is
// hashed, all of it in one step, so that a thousand at once get no more tries
// than a thousand in a row. It is given back if its password proves right, or
// if it never came to hashing; not if the client hangs up.
//
// Three things are counted, each as a bucket that drains with time:
//
//   - an account from one source: 10 attempts, then one a minute;
//   - a source: 60 attempts, then one every 6 seconds;
//   - an account from sources that are not known good for it: after 20
//     attempts, drained by one each half minute, every such source has to wait
//     between two attempts of its own, at most a minute. It can wait for its
//     turn and then gets it, whatever others do meanwhile.
//
// So guessing at a name from elsewhere never keeps its owner out of a place
// where they have logged in before, and from a new place by a minute at most.
// IPv6 counts by /64, which is what one customer has. Unknown names count as
// known ones do.
//
// An attempt without a source, which is also what comes through a proxy that
// does not say for whom, knows only the last rule: others behind the same proxy
// must not be kept out.
var (
	pairRule   = bucket{burst: 10, every: time.Minute}
	sourceRule = bucket{burst: 60, every: 6 * time.Second}
	// The account's bucket refuses nothing; how full it is makes strangers wait.
	accountRule = bucket{burst: 20 + int(maxStrangerWait/strangerStep), every: 30 * time.Second}
)

const (
	accountFree     = 20 // attempts that make no stranger wait
	strangerStep    = 5 * time.Second
	maxStrangerWait = time.Minute
	// A stranger's place in the line is kept for this long.
	knockFor = maxStrangerWait + 5*time.Minute
)

// bucket holds burst attempts and drains by one in every.
type bucket struct {
	burst int
	every time.Duration
}

func (b bucket) size() time.Duration { return time.Duration(b.burst) * b.every }

// level is how full a bucket is, told by the moment at which it will be empty.
type level time.Duration

func (l level) until() time.Duration { return time.Duration(l) }

// wait is how long it takes until one more attempt fits in.
func (b bucket) wait(l level, now time.Duration) time.Duration {
	return max(0, l.until()-now+b.every-b.size())
}

// filled is the level with one more attempt; it never rises above full.
func (b bucket) filled(l level, now time.Duration) level {
	return level(min(max(l.until(), now)+b.every, now+b.size()))
}

// attempts is how many are in the bucket, the one that drains included.
func (b bucket) attempts(l level, now time.Duration) int {
	return int((max(0, l.until()-now) + b.every - 1) / b.every)
}

// nameKey stands for a JID, of an account or not, in little memory.
type nameKey [16]byte

func keyOf(jid JID) nameKey {
	sum := sha256.Sum256([]byte(jid.Domain() + "\x00" + jid.Local()))
	return nameKey(sum[:16])
}

// pairKey is an account from one source.
type pairKey struct {
	name   nameKey
	source netip.Addr
}

// account is the level of one under attempts, of strangers or from a source, and
// which it is.
type account struct {
	level
	id ID // zero: there is none by that name
}

// knock is when a stranger came to an account that makes them wait, or was last
// let through.
type knock time.Duration

func (k knock) until() time.Duration { return time.Duration(k) + knockFor }

// throttle keeps the buckets in memory, and only there: a restart empties them.
// It is safe for concurrent use.
type throttle struct {
	mu       sync.Mutex
	clock    steadyClock
	pairs    table[pairKey, account]
	sources  table[netip.Addr, level]
	accounts table[nameKey, account]
	knocks   table[pairKey, knock]
	refused  map[ThrottledBy]uint64
}

// throttled is an attempt as the throttle sees it.
type throttled struct {
	name     nameKey
	id       ID
	source   netip.Addr // as placeOf returns it; invalid: none
	stranger bool       // the source is not known good for the account
}

func (a throttled) pair() pairKey { return pairKey{a.name, a.source} }

// ticket is an attempt that was taken.
type ticket struct {
	throttled
	charged time.Duration // what it added to the account's bucket
	turn    *turn         // of a stranger who had to wait for it; else nil
}

// turn is a place in the line that was used up, and the one before it.
type turn struct{ used, before knock }

// take lets an attempt through and counts it, or returns a *ThrottledError and
// counts nothing.
func (t *throttle) take(a throttled, now time.Time) (ticket, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.clock.at(now)
	if wait, by := t.wait(a, at); wait > 0 {
		if t.refused == nil {
			t.refused = map[ThrottledBy]uint64{}
		}
		t.refused[by]++
		return ticket{}, &ThrottledError{RetryAfter: wait, By: by}
	}
	return t.charge(a, at), nil
}

// wait is how long the attempt has to wait, and by which rule. A stranger who has
// to is put in the line.
func (t *throttle) wait(a throttled, at time.Duration) (time.Duration, ThrottledBy) {
	if a.source.IsValid() {
		pair, source := pairRule.wait(t.pairs.of(a.pair()).level, at), sourceRule.wait(t.sources.of(a.source), at)
		switch {
		case pair > 0 && pair >= source:
			return pair, ThrottledByPair
		case source > 0:
			return source, ThrottledBySource
		}
	}
	if a.stranger {
		return t.line(a, at), ThrottledByAccount
	}
	return 0, ""
}

// charge counts an attempt that was let through.
func (t *throttle) charge(a throttled, at time.Duration) ticket {
	taken := ticket{throttled: a}
	if a.source.IsValid() {
		t.pairs.put(a.pair(), account{pairRule.filled(t.pairs.of(a.pair()).level, at), a.id}, at)
		t.sources.put(a.source, sourceRule.filled(t.sources.of(a.source), at), at)
	}
	if a.stranger {
		before := t.accounts.of(a.name).level
		if strangerWait(before, at) > 0 {
			taken.turn = &turn{used: knock(at), before: t.knocks.of(a.pair())}
			t.knocks.put(a.pair(), knock(at), at)
		}
		after := accountRule.filled(before, at)
		taken.charged = after.until() - max(before.until(), at)
		t.accounts.put(a.name, account{after, a.id}, at)
	}
	return taken
}

// line returns how long a stranger has to wait yet; 0: it is its turn. Who comes
// again too early keeps its place.
func (t *throttle) line(a throttled, at time.Duration) time.Duration {
	gap := strangerWait(t.accounts.of(a.name).level, at)
	if gap == 0 {
		return 0
	}
	last, waits := t.knocks.m[a.pair()]
	if !waits || last.until() <= at {
		t.knocks.put(a.pair(), knock(at), at)
		return gap
	}
	return max(0, time.Duration(last)+gap-at)
}

// strangerWait is what an account makes strangers wait between attempts.
func strangerWait(l level, at time.Duration) time.Duration {
	over := accountRule.attempts(l, at) - accountFree
	return min(time.Duration(max(0, over))*strangerStep, maxStrangerWait)
}

// giveBack undoes take.
func (t *throttle) giveBack(taken ticket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l, ok := t.pairs.m[taken.pair()]; ok {
		l.level -= level(pairRule.every)
		t.pairs.m[taken.pair()] = l
	}
	if l, ok := t.sources.m[taken.source]; ok {
		t.sources.m[taken.source] = l - level(sourceRule.every)
	}
	if l, ok := t.accounts.m[taken.name]; ok {
		l.level -= level(taken.charged)
		t.accounts.m[taken.name] = l
	}
	if turn := taken.turn; turn != nil && t.knocks.of(taken.pair()) == turn.used {
		t.knocks.m[taken.pair()] = turn.before
	}
}

// sweep forgets what has ended.
func (t *throttle) sweep(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.clock.at(now)
	t.pairs.sweep(at)
	t.sources.sweep(at)
	t.accounts.sweep(at)
	t.knocks.sweep(at)
}
