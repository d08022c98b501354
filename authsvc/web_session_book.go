package authsvc

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// How long somebody stays logged in to the pages, and how many may be.
const (
	webIdle       = 30 * time.Minute
	webLifetime   = 12 * time.Hour
	maxWeb        = 10_000
	maxAccountWeb = 20
	maxNotices    = 5
)

// webKey is the hash of a session's secret: who could read the memory of this
// process, or a dump of it, finds no secret to come with.
type webKey [sha256.Size]byte

func webKeyOf(secret string) webKey { return sha256.Sum256([]byte(secret)) }

// webSession is somebody who is logged in to the pages, in one browser. It is as
// good as what the account was like when it began; see holds.
type webSession struct {
	ID         string // names it in a list; opens nothing
	account    jitsiauth.ID
	credential uint64 // CredentialRevision
	session    uint64 // SessionRevision
	role       jitsiauth.Role
	revision   uint64             // Revision, and
	behind     jitsiauth.Position // the place in the log of changes, when it was looked at last; see endedMeanwhile
	Began      time.Time
	Seen       time.Time
	typed      time.Time // when the password was typed last
	source     netip.Addr
	Agent      string // the browser, see agentName
	notices    []web.Notice
}

// holds reports whether the account still is what it was at the login, so that
// another password, role or state, and whoever ended its sessions, ends this one.
func (w *webSession) holds(u *jitsiauth.User, now time.Time) bool {
	return w.account == u.ID && w.credential == u.CredentialRevision && w.session == u.SessionRevision && w.role == u.Role &&
		u.StateAt(now) == jitsiauth.StateActive
}

func (w *webSession) over(now time.Time) bool {
	return now.Sub(w.Seen) >= webIdle || now.Sub(w.Began) >= webLifetime
}

// webSessions are those of all accounts, in memory: a restart logs everybody out.
// It is bounded, and safe for concurrent use. The zero value is ready.
type webSessions struct {
	mu    sync.Mutex
	all   map[webKey]*webSession
	ended func(id string) // told of each session that is forgotten, if it is set
}

// drop forgets a session, if it is there.
func (b *webSessions) drop(key webKey) {
	if w := b.all[key]; w != nil && b.ended != nil {
		b.ended(w.ID)
	}
	delete(b.all, key)
}

// find returns the session of an account that has the ID, if it is not over. It is
// no use of it.
func (b *webSessions) find(account jitsiauth.ID, id string, now time.Time) (webSession, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range b.all {
		if w.account == account && w.ID == id {
			return *w, !w.over(now)
		}
	}
	return webSession{}, false
}

// begin keeps a session and returns its secret. Where there are too many, the one
// gives way that was not used for longest: of the account, or of all.
func (b *webSessions) begin(w webSession) (secret string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		b.all = map[webKey]*webSession{}
	}
	b.makeRoom(maxAccountWeb, w.Began, func(other *webSession) bool { return other.account == w.account })
	if len(b.all) >= maxWeb {
		b.makeRoom(maxWeb, w.Began, func(*webSession) bool { return true })
	}
	w.ID, w.Seen = rand.Text(), w.Began
	return b.keep(&w)
}

func (b *webSessions) keep(w *webSession) (secret string) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	secret = base64.RawURLEncoding.EncodeToString(random[:])
	b.all[webKeyOf(secret)] = w
	return secret
}

// makeRoom forgets what is over, and the least used one if most are left.
func (b *webSessions) makeRoom(most int, now time.Time, among func(*webSession) bool) {
	var least webKey
	found := 0
	for key, w := range b.all {
		if !among(w) {
			continue
		}
		if w.over(now) {
			b.drop(key)
			continue
		}
		if found++; found == 1 || w.Seen.Before(b.all[least].Seen) {
			least = key
		}
	}
	if found >= most {
		b.drop(least)
	}
}

// use returns the session if it is not over, and notes that it was used.
func (b *webSessions) use(key webKey, now time.Time) (webSession, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.all[key]
	if w == nil {
		return webSession{}, false
	}
	if w.over(now) {
		b.drop(key)
		return webSession{}, false
	}
	if now.After(w.Seen) {
		w.Seen = now
	}
	return *w, true
}

// end forgets a session, if it is there.
func (b *webSessions) end(key webKey) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(key)
}

// endOne forgets the session of an account that has the ID, and reports whether
// there was one.
func (b *webSessions) endOne(account jitsiauth.ID, id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, w := range b.all {
		if w.account == account && w.ID == id {
			b.drop(key)
			return true
		}
	}
	return false
}

// change changes a session in place; nothing if it has ended meanwhile.
func (b *webSessions) change(key webKey, how func(*webSession)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w := b.all[key]; w != nil {
		how(w)
	}
}

// renew gives a session another secret after changing it, and returns that; ""
// if the session has ended meanwhile.
func (b *webSessions) renew(key webKey, how func(*webSession)) (secret string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.all[key]
	if w == nil {
		return ""
	}
	how(w)
	delete(b.all, key)
	return b.keep(w)
}

// ofAccount returns the sessions of an account that still hold, the last used one
// first, and forgets those that don't.
func (b *webSessions) ofAccount(u *jitsiauth.User, now time.Time) []webSession {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []webSession
	for key, w := range b.all {
		switch {
		case w.account != u.ID:
		case w.over(now), !w.holds(u, now):
			b.drop(key)
		default:
			found = append(found, *w)
		}
	}
	slices.SortFunc(found, func(x, y webSession) int { return cmp.Or(y.Seen.Compare(x.Seen), cmp.Compare(x.ID, y.ID)) })
	return found
}

func (b *webSessions) addNotice(key webKey, n web.Notice) {
	b.change(key, func(w *webSession) {
		if len(w.notices) < maxNotices {
			w.notices = append(slices.Clip(w.notices), n)
		}
	})
}

// takeNotices returns what is to be told, once.
func (b *webSessions) takeNotices(key webKey) (told []web.Notice) {
	b.change(key, func(w *webSession) { told, w.notices = w.notices, nil })
	return told
}
