package authsvc

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// Bounds of what is kept of sessions. The bytes are those of all instances
// together: some hundred thousand sessions, or fewer with many rooms.
const (
	maxInstances    = 64
	maxSessionBytes = 64 << 20
)

// silence is how long an instance is believed after its last poll or report
// ended: Prosody asks again at once, so one that doesn't is gone or can't reach
// the service, and who is in is not known any more.
const silence = 10 * time.Second

// sessionBook is who is in, as far as Prosodys say so; in memory only. What an
// instance said is forgotten when it falls silent. The zero value is empty. It is
// safe for concurrent use; it is given the time, which it reads nowhere itself.
type sessionBook struct {
	mu        sync.Mutex
	instances map[instanceKey]*instance
	polls     map[follower]int // how many are open; those with none are not in it
	bytes     int              // of all instances
}

// follower is who follows the feed: one Prosody, for any of its domains.
type follower struct{ caller, name string }

// instanceKey is whose report it is: no token touches what another reported.
type instanceKey struct {
	follower
	domain string
}

// instance is what one Prosody said of one of its domains.
type instance struct {
	sessions map[string]heldSession // by key
	bytes    int
	heard    time.Time // when a poll or a report last ended
	full     bool      // something was left out
}

// heldSession is a session as it is kept.
type heldSession struct {
	account jitsiauth.ID
	shown   api.Session
	bytes   int
}

// outcome is what a report did besides.
type outcome struct {
	unknown bool // the report did nothing: everything is to be sent
	full    bool // something was left out, for the first time since the beginning
	gaveWay bool // another instance was forgotten to make room
}

// put takes a report, as a whole or not at all.
func (b *sessionBook) put(r *sessionReport, now time.Time) (did outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(now)
	in := b.instances[r.from]
	if in == nil && !r.first {
		return outcome{unknown: true}
	}
	if in == nil {
		did.gaveWay = b.makeRoom()
	}
	if r.first {
		b.forget(r.from)
		in = &instance{sessions: make(map[string]heldSession, len(r.sessions))}
		if b.instances == nil {
			b.instances = map[instanceKey]*instance{}
		}
		b.instances[r.from] = in
	}
	in.heard = now
	for _, s := range r.sessions {
		if !b.hold(in, s) && !in.full {
			in.full, did.full = true, true
		}
	}
	for _, key := range r.ended {
		b.drop(in, key)
	}
	return did
}

// hold keeps a session in place of the one with its key, or says that there is
// no room for it.
func (b *sessionBook) hold(in *instance, s reportedSession) bool {
	b.drop(in, s.key)
	if len(in.sessions) >= api.MaxInstanceSessions || b.bytes+s.bytes > maxSessionBytes {
		return false
	}
	in.sessions[s.key] = s.heldSession
	in.bytes += s.bytes
	b.bytes += s.bytes
	return true
}

func (b *sessionBook) drop(in *instance, key string) {
	old := in.sessions[key] // zero: nothing is subtracted
	delete(in.sessions, key)
	in.bytes -= old.bytes
	b.bytes -= old.bytes
}

func (b *sessionBook) forget(key instanceKey) {
	if in := b.instances[key]; in != nil {
		b.bytes -= in.bytes
		delete(b.instances, key)
	}
}

// makeRoom forgets the instance that was heard of least lately, one that doesn't
// follow the feed now before one that does, if there are as many as may be.
func (b *sessionBook) makeRoom() bool {
	if len(b.instances) < maxInstances {
		return false
	}
	var least instanceKey
	var found *instance
	for key, in := range b.instances {
		follows, foundFollows := b.polls[key.follower] > 0, b.polls[least.follower] > 0
		if found == nil || follows == foundFollows && in.heard.Before(found.heard) || !follows && foundFollows {
			least, found = key, in
		}
	}
	b.forget(least)
	return true
}

// follow notes that a poll of the feed begins. The function that it returns
// notes that it has ended, and is to be called once.
func (b *sessionBook) follow(who follower, now func() time.Time) (ended func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(now()) // or what had been silent for too long would come to life again
	if b.polls == nil {
		b.polls = map[follower]int{}
	}
	b.polls[who]++
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.polls[who]--; b.polls[who] == 0 {
			delete(b.polls, who)
		}
		at := now()
		for key, in := range b.instances {
			if key.follower == who {
				in.heard = at
			}
		}
	}
}

// sweep forgets the instances that are silent. All that look at the book begin
// with it.
func (b *sessionBook) sweep(now time.Time) {
	for key, in := range b.instances {
		if b.polls[key.follower] == 0 && now.Sub(in.heard) >= silence {
			b.forget(key)
		}
	}
}

// ofAccount returns where an account of the domain is in, as UserSessions wants
// it.
func (b *sessionBook) ofAccount(domain string, id jitsiauth.ID, now time.Time) api.UserSessions {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(now)
	found := api.UserSessions{Sessions: []api.Session{}}
	for key, in := range b.instances {
		if key.domain != domain {
			continue
		}
		found.Reported = true
		for _, s := range in.sessions {
			if s.account == id {
				found.Sessions = append(found.Sessions, s.shown)
			}
		}
	}
	slices.SortFunc(found.Sessions, inOrder)
	if over := len(found.Sessions) - api.MaxShownSessions; over > 0 {
		found.Sessions = found.Sessions[over:]
	}
	return found
}

// inOrder is by beginning; the rest keeps sessions that began together from
// changing places from look to look.
func inOrder(x, y api.Session) int {
	return cmp.Or(
		x.Since.Compare(y.Since), cmp.Compare(x.Transport, y.Transport), cmp.Compare(x.Source, y.Source), slices.Compare(x.Rooms, y.Rooms),
	)
}

// byTransport counts all sessions; nil where no instance reports.
func (b *sessionBook) byTransport(now time.Time) map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sweep(now)
	if len(b.instances) == 0 {
		return nil
	}
	counts := map[string]int{}
	for _, transport := range transports {
		counts[transport] = 0
	}
	for _, in := range b.instances {
		for _, s := range in.sessions {
			counts[s.shown.Transport]++
		}
	}
	return counts
}
