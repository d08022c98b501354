package jitsiauth

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// AccountThrottle is what the throttle holds against attempts at an account.
type AccountThrottle struct {
	// StrangersWait is how long sources that are not known good for the account
	// have to wait between two attempts; 0: they need not.
	StrangersWait time.Duration
	// Sources are those with attempts that count, the longest wait first.
	Sources []SourceThrottle
	// Known are the sources that the account has logged in from lately.
	Known []KnownSource
}

// SourceThrottle is what the throttle holds against a source.
type SourceThrottle struct {
	Source     netip.Addr // IPv6: the first of its /64
	Attempts   int        // that count yet
	RetryAfter time.Duration
	By         ThrottledBy // which rule makes it wait; empty: none
}

// Throttles is what is slowed down now.
type Throttles struct {
	// Sources are those that have to wait, the longest wait first: By says whether
	// at every account, or at one, which may be one that does not exist.
	Sources []SourceThrottle
	// Accounts are those at which strangers have to wait, with how long; names
	// that no account has are left out. They are in the order of their JIDs.
	Accounts []SlowedAccount
}

// SlowedAccount is an account at which strangers have to wait.
type SlowedAccount struct {
	User          User
	StrangersWait time.Duration
}

// Throttle returns what is held against attempts at an account. It returns
// ErrNotFound, or ErrForbidden where the actor may not manage the account.
func (s *Service) Throttle(ctx context.Context, id ID) (AccountThrottle, error) {
	u, err := s.Get(ctx, id)
	if err != nil {
		return AccountThrottle{}, err
	}
	if err := ActorFrom(ctx).mayManage(&u); err != nil {
		return AccountThrottle{}, err
	}
	known, err := s.store.KnownSources(ctx, id)
	if err != nil {
		return AccountThrottle{}, err
	}
	now := s.now()
	known = slices.DeleteFunc(known, func(k KnownSource) bool { return now.Sub(k.LastSeen) >= knownSourceFor })
	view := s.throttle.ofAccount(keyOf(u.JID), now)
	view.Known = known
	return view, nil
}

// ClearThrottle forgets the attempts at an account, from all sources; those that
// count against a source as such stay, see ClearSource. It returns ErrNotFound
// or ErrForbidden, and is logged.
func (s *Service) ClearThrottle(ctx context.Context, id ID) error {
	r, err := s.store.UpdateUser(ctx, id, func(r Record) (Record, *Change, error) {
		c := userEntry(ctx, s.now().UTC(), ThrottleCleared, &r.User)
		return r, &c, admit(ctx, &r.User, nil)
	})
	if err == nil {
		s.throttle.clearAccount(keyOf(r.JID))
	}
	return err
}

// Throttles returns what is slowed down now. It returns ErrForbidden, unless the
// actor is an administrator of the whole service.
func (s *Service) Throttles(ctx context.Context) (Throttles, error) {
	if err := ActorFrom(ctx).mayAdminister(); err != nil {
		return Throttles{}, err
	}
	sources, waits := s.throttle.slowed(s.now())
	all := Throttles{Sources: sources}
	for id, wait := range waits {
		r, err := s.store.User(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return Throttles{}, err
		}
		all.Accounts = append(all.Accounts, SlowedAccount{User: r.User, StrangersWait: wait})
	}
	slices.SortFunc(all.Accounts, func(a, b SlowedAccount) int { return cmp.Compare(a.User.JID.String(), b.User.JID.String()) })
	return all, nil
}

// ClearSource forgets the attempts from a source, at all accounts. It returns
// ErrForbidden, as Throttles does, or an *InvalidError, and is logged.
func (s *Service) ClearSource(ctx context.Context, source netip.Addr) error {
	if err := ActorFrom(ctx).mayAdminister(); err != nil {
		return err
	}
	source = placeOf(source, false)
	if !source.IsValid() {
		return invalid("source", "must be an IP address")
	}
	c := entry(ctx, s.now().UTC(), ThrottleCleared)
	c.Name = source.String()
	if err := s.store.AddChange(ctx, c); err != nil {
		return err
	}
	s.throttle.clearSource(source)
	return nil
}

func (t *throttle) ofAccount(name nameKey, now time.Time) (view AccountThrottle) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.clock.at(now)
	view.StrangersWait = strangerWait(t.accounts.of(name).level, at)
	for pair, l := range t.pairs.m {
		if pair.name != name || l.until() <= at {
			continue
		}
		one := SourceThrottle{Source: pair.source, Attempts: pairRule.attempts(l.level, at)}
		one.RetryAfter, one.By = t.wait(throttled{name: name, source: pair.source}, at)
		view.Sources = append(view.Sources, one)
	}
	sortSources(view.Sources)
	return view
}

// slowed returns the sources and accounts, as far as there are such, that make
// somebody wait.
func (t *throttle) slowed(now time.Time) (sources []SourceThrottle, accounts map[ID]time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.clock.at(now)
	waiting := map[netip.Addr]SourceThrottle{}
	for pair, l := range t.pairs.m {
		if wait := pairRule.wait(l.level, at); wait > waiting[pair.source].RetryAfter {
			waiting[pair.source] = SourceThrottle{Source: pair.source, Attempts: pairRule.attempts(l.level, at), RetryAfter: wait, By: ThrottledByPair}
		}
	}
	for source, l := range t.sources.m { // says more than that it waits at an account
		if wait := sourceRule.wait(l, at); wait > 0 {
			waiting[source] = SourceThrottle{Source: source, Attempts: sourceRule.attempts(l, at), RetryAfter: wait, By: ThrottledBySource}
		}
	}
	sources = slices.Collect(maps.Values(waiting))
	sortSources(sources)
	accounts = map[ID]time.Duration{}
	for _, a := range t.accounts.m {
		if wait := strangerWait(a.level, at); wait > 0 && !a.id.IsZero() {
			accounts[a.id] = wait
		}
	}
	return sources, accounts
}

func sortSources(all []SourceThrottle) {
	slices.SortFunc(all, func(a, b SourceThrottle) int {
		return cmp.Or(cmp.Compare(b.RetryAfter, a.RetryAfter), bytes.Compare(a.Source.AsSlice(), b.Source.AsSlice()))
	})
}

func (t *throttle) clearAccount(name nameKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.accounts.m, name)
	for pair := range t.pairs.m {
		if pair.name == name {
			delete(t.pairs.m, pair)
		}
	}
	for pair := range t.knocks.m {
		if pair.name == name {
			delete(t.knocks.m, pair)
		}
	}
}

func (t *throttle) clearSource(source netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.sources.m, source)
	for pair := range t.pairs.m {
		if pair.source == source {
			delete(t.pairs.m, pair)
		}
	}
}
