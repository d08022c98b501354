package jitsiauth

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
)

// Attempt is one try to log in.
type Attempt struct {
	Username  string // local part, prepared or not
	Domain    string // empty: the default domain
	Password  string
	Source    netip.Addr // the client's address; invalid: not known
	Proxy     bool       // Source is a proxy's address and stands for many clients
	Transport string     // c2s, websocket, bosh; web: the pages
}

// Verify says whether a login is right and may go on, and returns the account.
//
// It returns ErrBadCredentials for a wrong password, an unknown name, and
// input that no account can have; after the password proved right,
// ErrDisabled, ErrExpired or ErrNotYetValid; ErrUnknownDomain where neither
// the service nor the actor serves the domain. A *ThrottledError and
// ErrOverloaded mean that nothing was compared. They and any other error, which
// is a failure, say nothing about the password.
//
// The password is compared before anything else of the account is looked at,
// and every ErrBadCredentials of a name and password that an account can have
// costs the same; see hasher.compare. A change that was acknowledged before
// Verify began is obeyed; and so is one that came while it hashed.
//
// At most Options.Hashers passwords are hashed at once; an attempt waits up to
// two seconds for its turn. If ctx ends, Verify returns its error at once; a hash
// that has begun goes on, as it can't be interrupted, and the attempt counts
// unless its password proves right.
func (s *Service) Verify(ctx context.Context, a Attempt) (User, error) {
	l, err := s.verify(ctx, a)
	// Record: in memory; see login.go.
	s.recordLogin(ctx, a, &l, err)
	if err != nil {
		return User{}, err
	}
	return l.User, nil
}

// login is an attempt on its way.
type login struct {
	Record // zero: there is no account by that name
	from   place
}

// verify also returns the account with an error, as far as there is one.
func (s *Service) verify(ctx context.Context, a Attempt) (l login, err error) {
	// Prepare.
	jid, password, err := s.prepare(ctx, a)
	if err != nil {
		return login{}, err
	}
	// Load.
	if l, err = s.load(ctx, jid, &a); err != nil {
		return l, err
	}
	// Throttle: the attempt counts before it costs anything.
	try, err := s.throttle.take(throttled{name: keyOf(jid), id: l.ID, source: l.from.source, stranger: !l.from.known}, s.now())
	if err != nil {
		return l, err
	}
	// Compare: with what was proven lately, or by hashing.
	settle := func(v verdict) {
		if v.fits || !v.hashed {
			s.throttle.giveBack(try)
		}
	}
	v, err := s.compare(ctx, &l, jid, password, settle)
	settle(v)
	switch {
	case err != nil:
		return l, err
	case !v.fits:
		return l, ErrBadCredentials
	case v.hashed:
		if l.Record, err = s.renew(ctx, l.Record, password, v.renewed); err != nil {
			return l, err
		}
	}
	// State.
	return l, s.usable(&l.User)
}

// prepare makes of what arrives the bytes that are stored. What no account can
// have is a wrong password, told without any work.
func (s *Service) prepare(ctx context.Context, a Attempt) (JID, string, error) {
	domain, err := s.ServedDomain(ctx, a.Domain)
	if err != nil {
		return JID{}, "", err
	}
	jid, err := NewJID(a.Username, domain)
	if err != nil {
		return JID{}, "", ErrBadCredentials
	}
	password, err := PreparePassword(a.Password)
	if err != nil {
		return JID{}, "", ErrBadCredentials
	}
	return jid, password, nil
}

// ServedDomain prepares a domain, or names the default one where text is empty.
// It returns ErrUnknownDomain for one that is not served, or not to the actor.
func (s *Service) ServedDomain(ctx context.Context, text string) (string, error) {
	domain := s.domains[0]
	if text != "" {
		var err error
		if domain, err = PrepareDomain(text); err != nil {
			return "", ErrUnknownDomain
		}
	}
	if !slices.Contains(s.domains, domain) || !ActorFrom(ctx).reaches(domain) {
		return "", ErrUnknownDomain
	}
	return domain, nil
}

// load reads the account and whether it is known at the attempt's source.
func (s *Service) load(ctx context.Context, jid JID, a *Attempt) (login, error) {
	r, err := s.accounts.find(ctx, s.store, jid, s.readAccount)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return login{}, err
	}
	return login{Record: r.Record, from: placeAmong(r.known, placeOf(a.Source, a.Proxy), s.now())}, nil
}

// compare says whether the password is the account's. The empty record of an
// unknown name holds no hash and costs the same. late hears of it if ctx ends
// before that is known.
func (s *Service) compare(ctx context.Context, l *login, jid JID, password string, late func(verdict)) (verdict, error) {
	tried := s.proofs.of(&l.Record, jid, password)
	if s.proofs.known(tried, s.now()) {
		return verdict{fits: true}, nil
	}
	in, hash, source := laneOther, l.PasswordHash, l.from.source
	if l.from.known {
		in = laneKnown
	}
	return s.flights.do(ctx, flightKey{tried, in}, late, func(ctx context.Context, started func() bool) (v verdict, err error) {
		leave, err := s.queue.enter(ctx, in, source)
		if err != nil {
			return v, err
		}
		defer leave()
		if !started() { // all have left
			return v, ctx.Err()
		}
		if v.fits, err = s.hasher.compare(hash, password); err != nil {
			return v, err
		}
		if v.hashed = true; v.fits && s.hasher.stale(hash, password) {
			v.renewed, err = s.hasher.hash(password)
		}
		return v, err
	})
}

// renew does what follows a password that was proven right by hashing.
func (s *Service) renew(ctx context.Context, proven Record, password, renewed string) (Record, error) {
	if renewed != "" {
		s.upgrade(ctx, &proven, renewed)
	}
	// As it is now: hashing took long enough for an administrator to disable,
	// delete or give another password.
	r, err := s.store.User(ctx, proven.ID)
	if errors.Is(err, ErrNotFound) || err == nil && r.CredentialRevision != proven.CredentialRevision {
		return Record{}, ErrBadCredentials
	}
	if err == nil {
		s.proofs.add(s.proofs.of(&r, r.JID, password), s.now())
	}
	return r, err
}

func (s *Service) usable(u *User) error {
	switch u.StateAt(s.now()) {
	case StateDisabled:
		return ErrDisabled
	case StateExpired:
		return ErrExpired
	case StateNotYetValid:
		return ErrNotYetValid
	}
	return nil
}

// errSuperseded stops an upgrade whose hash has been replaced.
var errSuperseded = errors.New("the hash was replaced meanwhile")

// upgrade keeps a hash that is stronger than the one that was proven. It is not
// a change of the account: no revision, no log entry. If it fails, the login is
// still good and the next one tries again.
func (s *Service) upgrade(ctx context.Context, proven *Record, renewed string) {
	_, err := s.store.UpdateUser(ctx, proven.ID, func(r Record) (Record, *Change, error) {
		if r.PasswordHash != proven.PasswordHash {
			return r, nil, errSuperseded
		}
		r.setRenewed(renewed)
		return r, nil, nil
	})
	s.accounts.clear()
	if err != nil && !errors.Is(err, errSuperseded) {
		s.log.LogAttrs(ctx, slog.LevelWarn, "password hash not upgraded", slog.String("id", proven.ID.String()), slog.Any("error", err))
	}
}
