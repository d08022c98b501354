package jitsiauth

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Login is one entry of the log of logins: an attempt, or several equal ones of
// the same second. It never holds a name that no account has, as people type
// their password into the wrong field.
type Login struct {
	N         uint64    // given by the store, from 1 on
	At        time.Time // of the first of them
	Result    LoginResult
	ID        ID  // the account; zero where there is none by that name
	JID       JID // as it was then
	Source    netip.Addr
	Proxy     bool   // see Attempt
	Transport string // c2s, websocket, bosh, web, other; empty: not known
	Actor     ActorKind
	ActorName string // the token of the Prosody that asked
	Count     int    // how many attempts this stands for
	// Rest says that this stands for attempts of any account and source with
	// this result: there were too many to list.
	Rest bool
}

// LoginResult says what came of an attempt.
type LoginResult string

// The results.
const (
	LoginOK             LoginResult = "ok"
	LoginBadCredentials LoginResult = "bad_credentials"
	LoginDisabled       LoginResult = "disabled"
	LoginExpired        LoginResult = "expired"
	LoginNotYetValid    LoginResult = "not_yet_valid"
	LoginUnknownDomain  LoginResult = "unknown_domain"
	LoginThrottled      LoginResult = "throttled"  // nothing was compared
	LoginOverloaded     LoginResult = "overloaded" // nothing was compared
	LoginFailed         LoginResult = "failed"     // no verdict: a failure, or a caller who gave up
)

// loginResults is the way from what Verify returns; anything else is LoginFailed.
var loginResults = []struct {
	err    error
	result LoginResult
}{
	{nil, LoginOK},
	{ErrBadCredentials, LoginBadCredentials},
	{ErrDisabled, LoginDisabled},
	{ErrExpired, LoginExpired},
	{ErrNotYetValid, LoginNotYetValid},
	{ErrUnknownDomain, LoginUnknownDomain},
	{ErrThrottled, LoginThrottled},
	{ErrOverloaded, LoginOverloaded},
}

// LoginBatch is what a store writes at once: entries for the log of logins, in
// the order they are to have, and when and from where whom was last seen.
type LoginBatch struct {
	Logins     []Login
	LastLogins map[ID]time.Time     // by account
	TokenUses  map[ID]time.Time     // by token
	Sources    map[ID][]KnownSource // from where, by account
}

// The log of logins is bounded, so that who guesses passwords fills no disk:
// at most maxBatch different attempts are listed a second, and of refused ones
// as many in a burst and refusedRefill a second in the long run. Others are
// counted, an entry a second for each result.
const (
	maxBatch      = 1000
	refusedRefill = 1
)

// loginLog collects attempts in memory, because a login must not wait for the
// disk. It is safe for concurrent use.
type loginLog struct {
	mu      sync.Mutex
	order   []*Login
	equal   map[Login]*Login // by what equal attempts have in common
	refused int              // how many more refused attempts may be listed
	logins  map[ID]time.Time
	tokens  map[ID]time.Time
	sources map[ID][]KnownSource
}

func newLoginLog() *loginLog {
	l := &loginLog{refused: maxBatch}
	l.clear()
	return l
}

func (l *loginLog) clear() {
	l.order, l.equal = nil, map[Login]*Login{}
	l.logins, l.tokens, l.sources = map[ID]time.Time{}, map[ID]time.Time{}, map[ID][]KnownSource{}
}

// add counts one attempt.
func (l *loginLog) add(attempt Login) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if attempt.Result == LoginOK {
		l.logins[attempt.ID] = attempt.At
	}
	key := common(attempt)
	if l.equal[key] == nil {
		switch {
		case len(l.order) >= maxBatch, attempt.Result != LoginOK && l.refused == 0:
			attempt = Login{At: attempt.At, Result: attempt.Result, Rest: true}
		case attempt.Result != LoginOK:
			l.refused--
		}
	}
	attempt.Count = 1
	l.count(attempt)
}

// common is what equal attempts have in common.
func common(attempt Login) Login {
	attempt.At, attempt.Count = time.Time{}, 0
	return attempt
}

// count adds the entry, or adds it to an equal one.
func (l *loginLog) count(entry Login) {
	key := common(entry)
	if known := l.equal[key]; known != nil {
		known.Count += entry.Count
		return
	}
	l.order = append(l.order, &entry)
	l.equal[key] = &entry
}

// used remembers that a token was let in.
func (l *loginLog) used(token ID, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens[token] = at
}

// saw remembers from where an account was let in.
func (l *loginLog) saw(account ID, from KnownSource) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sources[account] = MergeSources(l.sources[account], []KnownSource{from})
}

// take empties the log into a batch. It is called once a second.
func (l *loginLog) take() LoginBatch {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = min(l.refused+refusedRefill, maxBatch)
	b := LoginBatch{LastLogins: l.logins, TokenUses: l.tokens, Sources: l.sources}
	for _, entry := range l.order {
		b.Logins = append(b.Logins, *entry)
	}
	l.clear()
	return b
}

// giveBack is for a batch that could not be written.
func (l *loginLog) giveBack(b LoginBatch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	newer := l.order
	l.order, l.equal = nil, map[Login]*Login{}
	for _, entry := range b.Logins {
		l.count(entry)
	}
	for _, entry := range newer {
		if l.equal[common(*entry)] == nil && len(l.order) >= maxBatch {
			entry = &Login{At: entry.At, Result: entry.Result, Rest: true, Count: entry.Count}
		}
		l.count(*entry)
	}
	keepLater(l.logins, b.LastLogins)
	keepLater(l.tokens, b.TokenUses)
	for id, sources := range b.Sources {
		l.sources[id] = MergeSources(l.sources[id], sources)
	}
}

func keepLater(times, others map[ID]time.Time) {
	for id, at := range others {
		if at.After(times[id]) {
			times[id] = at
		}
	}
}

// recordLogin notes what came of an attempt, and from where the account is known
// from now on.
func (s *Service) recordLogin(ctx context.Context, a Attempt, l *login, err error) {
	actor := ActorFrom(ctx)
	entry := Login{
		At: s.now().UTC(), Result: LoginFailed, ID: l.ID, JID: l.JID, Source: a.Source, Proxy: a.Proxy,
		Transport: a.Transport, Actor: actor.Kind, ActorName: actor.Name,
	}
	if !slices.Contains([]string{"", "c2s", "websocket", "bosh", "web"}, entry.Transport) {
		entry.Transport = "other" // the caller's text could have any length
	}
	for _, r := range loginResults {
		if errors.Is(err, r.err) {
			entry.Result = r.result
			break
		}
	}
	s.logins.add(entry)
	if err == nil {
		if l.from.source.IsValid() && !l.from.fresh {
			s.logins.saw(l.ID, KnownSource{Source: l.from.source, LastSeen: entry.At})
		}
		return
	}
	var by ThrottledBy
	if slow, ok := errors.AsType[*ThrottledError](err); ok {
		by = slow.By
	}
	s.refusals.add(ctx, &entry, by)
}

// writeLogins writes what was collected, if anything was.
func (s *Service) writeLogins(ctx context.Context) error {
	batch := s.logins.take()
	if len(batch.Logins) == 0 && len(batch.TokenUses) == 0 && len(batch.Sources) == 0 {
		return nil
	}
	err := s.store.AddLogins(ctx, batch)
	if err != nil {
		s.logins.giveBack(batch)
	}
	if len(batch.Sources) > 0 {
		s.accounts.clear()
	}
	return err
}
