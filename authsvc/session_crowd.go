package authsvc

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// Bounds of what everybody returns of a book that may hold 100,000 sessions.
const (
	maxCrowd         = 500
	maxCrowdSessions = 10 // of each account, the latest
)

// crowd is who is in, as far as it is known.
type crowd struct {
	domains  map[string]bool // those that a Prosody reports of
	sessions int             // how many there are in all
	accounts int             // and of how many accounts
	shown    []crowdAccount  // those who came last, at most maxCrowd
}

// crowdAccount is an account that is in.
type crowdAccount struct {
	id       jitsiauth.ID
	domain   string
	count    int           // how many sessions it has
	latest   int64         // when the last one began, in nanoseconds
	sessions []api.Session // the latest of them, in the order in which they began
}

// everybody returns who is in. It goes over the book twice, so that it copies no
// more than it returns: while it does, reports wait.
func (b *sessionBook) everybody(now time.Time) crowd {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(now)
	all, places := crowd{domains: map[string]bool{}}, map[string]map[jitsiauth.ID]int{}
	var found []crowdAccount
	for key, in := range b.instances {
		all.domains[key.domain] = true
		if places[key.domain] == nil {
			places[key.domain] = make(map[jitsiauth.ID]int, len(in.sessions))
		}
		found = count(found, places[key.domain], key.domain, in)
		all.sessions += len(in.sessions)
	}
	all.accounts = len(found)
	order := make([]*crowdAccount, len(found))
	for i := range found {
		order[i] = &found[i]
	}
	slices.SortFunc(order, byLatest)
	for _, a := range order[:min(len(order), maxCrowd)] {
		all.shown = append(all.shown, *a)
	}
	b.fill(all.shown)
	return all
}

// count adds the sessions of an instance to found, where at says whose place is
// where.
func count(found []crowdAccount, at map[jitsiauth.ID]int, domain string, in *instance) []crowdAccount {
	for _, s := range in.sessions {
		place, there := at[s.account]
		if !there {
			place = len(found)
			at[s.account] = place
			found = append(found, crowdAccount{id: s.account, domain: domain})
		}
		a := &found[place]
		a.count++
		a.latest = max(a.latest, s.shown.Since.UnixNano())
	}
	return found
}

// fill adds their sessions to the accounts.
func (b *sessionBook) fill(shown []crowdAccount) {
	places := map[string]map[jitsiauth.ID]*crowdAccount{}
	for i, a := range shown {
		if places[a.domain] == nil {
			places[a.domain] = map[jitsiauth.ID]*crowdAccount{}
		}
		places[a.domain][a.id] = &shown[i]
	}
	for key, in := range b.instances {
		at := places[key.domain]
		for _, s := range in.sessions {
			if a := at[s.account]; a != nil {
				a.keep(&s.shown)
			}
		}
	}
}

// byLatest is the order of who came last.
func byLatest(x, y *crowdAccount) int {
	if x.latest != y.latest {
		return cmp.Compare(y.latest, x.latest)
	}
	return cmp.Or(cmp.Compare(x.domain, y.domain), bytes.Compare(x.id[:], y.id[:]))
}

// keep puts a session in its place, and lets the oldest go where there are too
// many.
func (a *crowdAccount) keep(s *api.Session) {
	at, _ := slices.BinarySearchFunc(a.sessions, *s, inOrder)
	if a.sessions = slices.Insert(a.sessions, at, *s); len(a.sessions) > maxCrowdSessions {
		a.sessions = slices.Delete(a.sessions, 0, 1)
	}
}
