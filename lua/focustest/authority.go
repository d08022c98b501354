package focustest

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Query is what a conference request says that matters to its admission. Empty is absent.
type Query struct {
	From       string // the real sender, also where it came through the proxy
	Room       string // bare JID
	SessionID  string
	MachineUID string
}

// Login is what Jicofo calls an authentication session: that whoever knows ID and
// MachineUID is Identity, whatever their JID.
type Login struct {
	ID         string
	Identity   string // bare JID of the account
	MachineUID string
	Room       string // for which it was made
	JID        string // that used it last
	used       time.Time
}

// Refusal is an answer of type error.
type Refusal struct {
	Condition      string // not-acceptable, not-authorized, …
	Text           string
	SessionInvalid bool // Jicofo's own element for "I know no such session-id" is in it
}

func (r *Refusal) Error() string { return r.Condition + ": " + r.Text }

var errSessionInvalid = Refusal{Condition: "not-acceptable", Text: "invalid session", SessionInvalid: true}

// Authority is Jicofo's memory of logins (its XMPPDomainAuthAuthority). The zero value
// with a Domain works. Its methods may be called by several goroutines; fields are set
// before.
type Authority struct {
	// Domain is whose accounts are logins.
	Domain string
	// Lifetime is for how long a login that nobody uses is kept (JICOFO_AUTH_LIFETIME).
	// Default 24 h.
	Lifetime time.Duration
	// NoAutoLogin drops a login when the meeting ends for which it was made
	// (ENABLE_AUTO_LOGIN=0).
	NoAutoLogin bool
	// Now is the clock. Default time.Now.
	Now func() time.Time

	mu     sync.Mutex
	logins map[string]*Login
}

// Authenticate decides who sent the request. It returns the login that was used, with
// its ID; a zero one for a guest, about whom the room decides; or a *Refusal. An
// account's request without a session-id makes a new login each time.
func (a *Authority) Authenticate(q Query) (Login, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire()
	login := a.logins[q.SessionID]
	// As there, a session-id of blanks counts as none.
	if strings.TrimSpace(q.SessionID) != "" {
		if login == nil {
			return Login{}, new(errSessionInvalid)
		}
		if login.MachineUID != q.MachineUID {
			return Login{}, &Refusal{Condition: "not-acceptable", Text: "machine UID mismatch or empty"}
		}
	}
	if login == nil && domainOf(q.From) == a.Domain {
		if strings.TrimSpace(q.MachineUID) == "" {
			return Login{}, &Refusal{Condition: "not-acceptable", Text: "Missing mandatory attribute 'machine-uid'"}
		}
		login = a.create(q)
	}
	if login == nil {
		return Login{}, nil
	}
	login.JID, login.used = q.From, a.now()
	return *login, nil
}

func (a *Authority) create(q Query) *Login {
	login := &Login{ID: uuid(), Identity: bare(q.From), MachineUID: q.MachineUID, Room: q.Room}
	if a.logins == nil {
		a.logins = map[string]*Login{}
	}
	a.logins[login.ID] = login
	return login
}

// Identity is the account that jid is logged in as: whose login it used last, and
// nobody after it; "" for none.
func (a *Authority) Identity(jid string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire()
	for _, login := range a.logins {
		if login.JID == jid {
			return login.Identity
		}
	}
	return ""
}

// Logout forgets a login. It takes no more than the session-id; one that is unknown is
// a *Refusal.
func (a *Authority) Logout(id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire()
	if a.logins[id] == nil {
		return new(errSessionInvalid)
	}
	delete(a.logins, id)
	return nil
}

// ConferenceEnded drops the room's logins if NoAutoLogin is set.
func (a *Authority) ConferenceEnded(room string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.logins, func(_ string, login *Login) bool { return a.NoAutoLogin && login.Room == room })
}

// Logins are those that it knows, by identity and id.
func (a *Authority) Logins() []Login {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire()
	all := make([]Login, 0, len(a.logins))
	for _, login := range a.logins {
		all = append(all, *login)
	}
	slices.SortFunc(all, func(x, y Login) int { return strings.Compare(x.Identity+"\n"+x.ID, y.Identity+"\n"+y.ID) })
	return all
}

// Forget is what a restart of Jicofo does: it keeps nothing on disk.
func (a *Authority) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.logins)
}

// expire drops what nobody used for Lifetime. Jicofo does so every ten seconds.
func (a *Authority) expire() {
	lifetime := a.Lifetime
	if lifetime == 0 {
		lifetime = 24 * time.Hour
	}
	now := a.now()
	maps.DeleteFunc(a.logins, func(_ string, login *Login) bool { return now.Sub(login.used) > lifetime })
}

func (a *Authority) now() time.Time {
	if a.Now == nil {
		return time.Now()
	}
	return a.Now()
}

// uuid is a random one (RFC 9562, version 4).
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// bare is a JID without its resource.
func bare(jid string) string {
	jid, _, _ = strings.Cut(jid, "/")
	return jid
}

func domainOf(jid string) string {
	jid = bare(jid)
	return jid[strings.IndexByte(jid, '@')+1:]
}
