package jitsiauth

import "time"

// maxTable bounds each of the throttle's four tables. Full, they take about
// 28 MB together. Entries come at the speed of hashing, but for the line of
// strangers, and are gone when their bucket is empty, after ten minutes or so:
// a machine must hash a hundred passwords a second to fill one.
const maxTable = 1 << 16

// table is a map whose entries end by themselves, and of a bounded size. Go's maps
// never shrink, and grow while keys come and go although their number stays the
// same, so the map is made anew from time to time.
type table[K comparable, V interface{ until() time.Duration }] struct {
	m    map[K]V
	most int // entries since the map was made
	puts int // new keys since then
}

// of returns the entry, or the zero one.
func (t *table[K, V]) of(key K) V { return t.m[key] }

// put sets an entry and, where the table is full, drops another one.
func (t *table[K, V]) put(key K, value V, now time.Duration) {
	if _, there := t.m[key]; !there {
		if t.m == nil || t.puts >= 2*maxTable {
			t.remake(now)
		}
		if len(t.m) >= maxTable {
			t.makeRoom(now)
		}
		t.puts++
	}
	t.m[key] = value
	t.most = max(t.most, len(t.m))
}

// makeRoom drops, of some entries that chance picks, those that have ended, or
// else the one that ends first. Who wants to push out an entry that still counts
// must put in as many others.
func (t *table[K, V]) makeRoom(now time.Duration) {
	var first K
	ends, seen, dropped := time.Duration(0), 0, false
	for key, value := range t.m { // begins anywhere
		until := value.until()
		if until <= now {
			delete(t.m, key)
			dropped = true
		}
		if seen == 0 || until < ends {
			first, ends = key, until
		}
		if seen++; seen == 16 {
			break
		}
	}
	if !dropped {
		delete(t.m, first)
	}
}

// sweep drops what has ended, and gives back the memory of what there was.
func (t *table[K, V]) sweep(now time.Duration) {
	live := 0
	for _, value := range t.m {
		if value.until() > now {
			live++
		}
	}
	if live < t.most {
		t.remake(now)
	}
}

// remake makes the map anew, of what has not ended.
func (t *table[K, V]) remake(now time.Duration) {
	live := make(map[K]V)
	for key, value := range t.m {
		if value.until() > now {
			live[key] = value
		}
	}
	t.m, t.most, t.puts = live, len(live), 0
}

// steadyClock makes a time that never goes back of one that people set. Set
// back, it stands still for an instant instead of for as long as it was set
// back; set ahead, it drains buckets once. time.Now is told by a clock that
// nobody sets, and does neither.
type steadyClock struct {
	last   time.Time
	passed time.Duration
}

// backwards is more than calls that overtake each other can make of a clock
// that goes forward.
const backwards = time.Second

func (c *steadyClock) at(now time.Time) time.Duration {
	since := now.Sub(c.last)
	switch {
	case c.last.IsZero():
		c.last = now
	case since > 0:
		c.last, c.passed = now, c.passed+since
	case since < -backwards:
		c.last = now
	}
	return c.passed
}
