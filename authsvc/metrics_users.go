package authsvc

import (
	"context"
	"sync"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// Bounds of counting accounts. There is no index of states, and some change by
// time alone, so every account must be looked at: 1,000,000 take seconds. Each
// scrape therefore looks at as many as fit into countTime, from where the one
// before ended, and the numbers change when all have been seen. Some ten
// thousand accounts are counted in one scrape; a million takes a hundred. A
// count begins at the earliest countPause after the last ended.
const (
	countTime  = 100 * time.Millisecond
	countPause = 30 * time.Second
	countPage  = 500
)

// userCount is a count of accounts by state that goes on from scrape to scrape.
type userCount struct {
	mu     sync.Mutex
	after  jitsiauth.JID
	states map[jitsiauth.State]float64 // nil: no count is under way
	ended  time.Time                   // the last one
}

// goOn counts for up to countTime, or a page if that takes longer, and shows
// the result if that was the end. A scrape that comes meanwhile does without.
func (u *userCount) goOn(ctx context.Context, svc *jitsiauth.Service, now func() time.Time, m *Metrics) error {
	if !u.mu.TryLock() {
		return nil
	}
	defer u.mu.Unlock()
	if u.states == nil {
		if since := now().Sub(u.ended); since >= 0 && since < countPause { // a clock set back is no reason to stop
			return nil
		}
		u.after, u.states = jitsiauth.JID{}, map[jitsiauth.State]float64{}
	}
	for start := time.Now(); time.Since(start) < countTime; {
		page, err := svc.List(ctx, jitsiauth.ListQuery{After: u.after, Limit: countPage})
		if err != nil {
			return err
		}
		for _, user := range page.Users {
			u.states[user.StateAt(now())]++
		}
		if u.after = page.Next; !page.More {
			u.show(now(), m)
			return nil
		}
	}
	return nil
}

func (u *userCount) show(now time.Time, m *Metrics) {
	for _, state := range []jitsiauth.State{
		jitsiauth.StateActive, jitsiauth.StateDisabled, jitsiauth.StateNotYetValid, jitsiauth.StateExpired,
	} {
		m.users.WithLabelValues(string(state)).Set(u.states[state])
	}
	m.counted.WithLabelValues().Set(float64(now.Unix()))
	u.states, u.ended = nil, now
}
