package authsvc

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
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
	admins int                         // active ones
	ended  time.Time                   // the last one
	last   atomic.Pointer[api.StatusAccounts]
	quick  atomic.Bool // whether the last one took but one scrape
}

// goOn counts for up to countTime, or a page if that takes longer, and shows
// the result if that was the end. A scrape that comes meanwhile does without. The
// pause is that after the last count; see countPause.
func (u *userCount) goOn(ctx context.Context, svc *jitsiauth.Service, now func() time.Time, m *Metrics, pause time.Duration) error {
	if !u.mu.TryLock() {
		return nil
	}
	defer u.mu.Unlock()
	whole := u.states == nil
	if whole {
		if since := now().Sub(u.ended); since >= 0 && since < pause { // a clock set back is no reason to stop
			return nil
		}
		u.after, u.states, u.admins = jitsiauth.JID{}, map[jitsiauth.State]float64{}, 0
	}
	for start := time.Now(); time.Since(start) < countTime; {
		page, err := svc.List(ctx, jitsiauth.ListQuery{After: u.after, Limit: countPage})
		if err != nil {
			return err
		}
		for _, user := range page.Users {
			state := user.StateAt(now())
			u.states[state]++
			if state == jitsiauth.StateActive && user.Role == jitsiauth.RoleAdmin {
				u.admins++
			}
		}
		if u.after = page.Next; !page.More {
			u.show(now(), m)
			u.quick.Store(whole)
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
	u.last.Store(&api.StatusAccounts{
		CountedAt: now.UTC(), Administrators: u.admins,
		Active: int(u.states[jitsiauth.StateActive]), Disabled: int(u.states[jitsiauth.StateDisabled]),
		NotYetValid: int(u.states[jitsiauth.StateNotYetValid]), Expired: int(u.states[jitsiauth.StateExpired]),
	})
	u.states, u.ended = nil, now
}
