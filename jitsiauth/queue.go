package jitsiauth

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// lane is where someone who needs a hash waits.
type lane int

// The lanes. Each goes before the next, but every fourth place is for those who
// change accounts, if they wait, so that a flood of logins can't stop them.
const (
	laneKnown  lane = iota // logins from a source known good for the account
	laneOther              // other logins
	laneChange             // passwords that are set, imports
	lanes
)

func (l lane) String() string { return [...]string{"known", "other", "change"}[l] }

const (
	// maxQueueWait is how long a login waits for a place; with the hash behind it,
	// it is the innermost of the deadlines of a login (2 s here, 4 s for the
	// service's answer, 5 s for Prosody's patience).
	maxQueueWait = 2 * time.Second
	// A login that would probably wait longer than this is refused at once, not
	// after maxQueueWait: it costs nobody anything, and the person learns it.
	likelyQueueWait = 3 * maxQueueWait / 4
)

// queue bounds how many hashes are made at once. It is safe for concurrent use.
type queue struct {
	slots int

	mu      sync.Mutex
	running int
	waiting [lanes][]*waiter // first in, first out
	turn    int              // places given to those who waited
	typical time.Duration    // how long a place is held, lately
	hashed  [lanes]uint64    // places given back
	refused [lanes]uint64
}

func newQueue(slots int, typical time.Duration) *queue { return &queue{slots: slots, typical: typical} }

// waiter is one who waits for a place. ready is closed when it has one, or will
// have none.
type waiter struct {
	source  netip.Addr
	ready   chan struct{}
	refused bool
}

// enter waits for a place and returns what gives it back. It returns the error
// of ctx; and, to a login, ErrOverloaded if the wait is, or would be, too long.
// Where there is no room for another login, the source that has most of them in
// the lane gives way. Who changes accounts waits as long as ctx lasts.
func (q *queue) enter(ctx context.Context, in lane, source netip.Addr) (leave func(), err error) {
	q.mu.Lock()
	if q.running < q.slots {
		q.running++
		q.mu.Unlock()
		return q.leaver(in), nil
	}
	if in != laneChange && q.likelyWait(in) > likelyQueueWait && !q.displace(in, source) {
		q.refused[in]++
		q.mu.Unlock()
		return nil, ErrOverloaded
	}
	w := &waiter{source: source, ready: make(chan struct{})}
	q.waiting[in] = append(q.waiting[in], w)
	q.mu.Unlock()
	if err := q.await(ctx, in, w); err != nil {
		return nil, err
	}
	return q.leaver(in), nil
}

// await returns nil when the waiter has a place.
func (q *queue) await(ctx context.Context, in lane, w *waiter) error {
	var late <-chan time.Time
	if in != laneChange {
		timer := time.NewTimer(maxQueueWait)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-w.ready:
	case <-late:
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	waits := slices.Index(q.waiting[in], w)
	switch {
	case w.refused:
		return ErrOverloaded
	case waits < 0 && ctx.Err() != nil: // it got a place just when it gave up
		q.handOver()
		return ctx.Err()
	case waits < 0:
		return nil
	}
	q.waiting[in] = slices.Delete(q.waiting[in], waits, waits+1)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	q.refused[in]++
	return ErrOverloaded
}

// leaver returns what gives a place back that is held from now on.
func (q *queue) leaver(in lane) func() {
	start := time.Now()
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.typical += (time.Since(start) - q.typical) / 8
		q.hashed[in]++
		q.handOver()
	}
}

// handOver gives a place to the next one, if any waits.
func (q *queue) handOver() {
	order := []lane{laneKnown, laneOther, laneChange}
	if q.turn%4 == 3 {
		order = []lane{laneChange, laneKnown, laneOther}
	}
	for _, in := range order {
		if len(q.waiting[in]) > 0 {
			w := q.waiting[in][0]
			q.waiting[in] = slices.Delete(q.waiting[in], 0, 1)
			q.turn++
			close(w.ready)
			return
		}
	}
	q.running--
}

// likelyWait is how long a login that comes now will probably wait.
func (q *queue) likelyWait(in lane) time.Duration {
	ahead := q.running
	for before := laneKnown; before <= in; before++ {
		ahead += len(q.waiting[before])
	}
	return time.Duration(ahead) * q.typical / time.Duration(q.slots)
}

// displace refuses the newest waiter of the source that has most in the lane, if
// that has at least two more than the one who comes.
func (q *queue) displace(in lane, source netip.Addr) bool {
	count := map[netip.Addr]int{}
	most := source
	for _, w := range q.waiting[in] {
		if count[w.source]++; count[w.source] > count[most] {
			most = w.source
		}
	}
	if count[most] < count[source]+2 {
		return false
	}
	for i, w := range slices.Backward(q.waiting[in]) {
		if w.source == most {
			q.waiting[in] = slices.Delete(q.waiting[in], i, i+1)
			q.refused[in]++
			w.refused = true
			close(w.ready)
			break
		}
	}
	return true
}

// hash makes the stored form of a prepared password that someone sets. It
// returns the error of ctx.
func (s *Service) hash(ctx context.Context, password string) (string, error) {
	leave, err := s.queue.enter(ctx, laneChange, netip.Addr{})
	if err != nil {
		return "", err
	}
	defer leave()
	if len(password) > MaxPasswordBytes { // which only ImportLine.Migrated lets through
		return newSCRAM(password, s.random)
	}
	return s.hasher.hash(password)
}

// fits says whether a hash that is kept is that of a prepared password that someone
// sets. One that can't be read fits nothing. It returns the error of ctx.
func (s *Service) fits(ctx context.Context, stored, password string) (bool, error) {
	leave, err := s.queue.enter(ctx, laneChange, netip.Addr{})
	if err != nil {
		return false, err
	}
	defer leave()
	fits, _, err := s.hasher.compareOnly(stored, password)
	return fits && err == nil, nil
}
