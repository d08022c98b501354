package authsvc

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// Bounds of what is kept of Prosodys: those that were not seen for longest give way.
const (
	maxCallers   = 64
	maxFollowers = 8 // a caller; each start of a Prosody is another one
)

// prosodyBook is which Prosodys were seen, and when; in memory only, so since the
// service began. It decides nothing. The zero value is empty. It is safe for
// concurrent use.
type prosodyBook struct {
	mu      sync.Mutex
	callers map[string]*prosodyCaller
}

// prosodyCaller is who has a token of Prosody's.
type prosodyCaller struct {
	first     time.Time // seen
	login     time.Time // asked about one last; zero: never
	open      bool      // that came unencrypted over a public network
	followers map[string]*prosodyFollower
}

// prosodyFollower is a Prosody that follows the feed, under the name that it gave
// itself, or none.
type prosodyFollower struct {
	polls  int       // that are open
	heard  time.Time // when a poll last began or ended
	behind jitsiauth.Position
}

// follows reports whether it does so now: between two polls there is hardly a moment.
func (f *prosodyFollower) follows(now time.Time) bool {
	return f.polls > 0 || now.Sub(f.heard) < silence
}

// seen is when the caller was heard of last.
func (p *prosodyCaller) seen() time.Time {
	last := cmp.Or(p.login, p.first)
	for _, f := range p.followers {
		if f.heard.After(last) {
			last = f.heard
		}
	}
	return last
}

// caller returns what is known of one; mu is held.
func (b *prosodyBook) caller(name string, now time.Time) *prosodyCaller {
	if p := b.callers[name]; p != nil {
		return p
	}
	if b.callers == nil {
		b.callers = map[string]*prosodyCaller{}
	}
	if len(b.callers) >= maxCallers {
		delete(b.callers, slices.MinFunc(slices.Collect(maps.Keys(b.callers)), func(x, y string) int {
			return b.callers[x].seen().Compare(b.callers[y].seen())
		}))
	}
	p := &prosodyCaller{first: now, followers: map[string]*prosodyFollower{}}
	b.callers[name] = p
	return p
}

// asked notes a question about a login.
func (b *prosodyBook) asked(caller string, open bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.caller(caller, now)
	p.login, p.open = now, open
}

// follow notes that a poll of the feed begins. What it returns notes that it has
// ended, and is to be called once.
func (b *prosodyBook) follow(who follower, now func() time.Time) (ended func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := now()
	p := b.caller(who.caller, at)
	f := p.followers[who.name]
	if f == nil {
		p.makeRoom()
		f = &prosodyFollower{}
		p.followers[who.name] = f
	}
	f.polls++
	f.heard = at
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		f.polls--
		f.heard = now()
	}
}

func (p *prosodyCaller) makeRoom() {
	if len(p.followers) < maxFollowers {
		return
	}
	delete(p.followers, slices.MinFunc(slices.Collect(maps.Keys(p.followers)), func(x, y string) int {
		return p.followers[x].heard.Compare(p.followers[y].heard)
	}))
}

// reached notes the position that a follower was given to go on from.
func (b *prosodyBook) reached(who follower, position jitsiauth.Position) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.callers[who.caller]; p != nil && p.followers[who.name] != nil {
		p.followers[who.name].behind = position
	}
}
