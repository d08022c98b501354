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
	Transport string     // c2s, websocket, bosh
}

// Verify says whether a login is right and may go on, and returns the account.
//
// It returns ErrBadCredentials for a wrong password, an unknown name, and
// input that no account can have; after the password proved right,
// ErrDisabled, ErrExpired or ErrNotYetValid; ErrUnknownDomain where neither
// the service nor the actor serves the domain. Any other error is a failure
// and says nothing about the password.
//
// The password is compared before anything else of the account is looked at,
// and every ErrBadCredentials of a name and password that an account can have
// costs the same; see hasher.compare. A change that was acknowledged before
// Verify returns is obeyed.
func (s *Service) Verify(ctx context.Context, a Attempt) (User, error) {
	r, err := s.verify(ctx, a)
	// Record: in memory; see login.go.
	s.recordLogin(ctx, a, &r.User, err)
	if err != nil {
		return User{}, err
	}
	return r.User, nil
}

// verify also returns the account with an error, as far as there is one.
func (s *Service) verify(ctx context.Context, a Attempt) (Record, error) {
	// Prepare.
	jid, password, err := s.prepare(ctx, a)
	if err != nil {
		return Record{}, err
	}
	// Throttle: the attempt will be taken here.

	// Load.
	r, err := s.store.UserByJID(ctx, jid)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Record{}, err
	}
	// Compare. The empty record of an unknown name holds no hash and costs the
	// same. The bound on concurrent hashing and the cache will stand here.
	fits, err := s.hasher.compare(r.PasswordHash, password)
	if err != nil {
		return r, err
	}
	if !fits {
		return r, ErrBadCredentials
	}
	s.upgrade(ctx, r, password)
	// State, as it is now: hashing took long enough for an administrator to
	// disable, delete or give another password.
	now, err := s.reload(ctx, r)
	if err != nil {
		return r, err
	}
	return now, s.usable(&now.User)
}

// prepare makes of what arrives the bytes that are stored. What no account can
// have is a wrong password, told without any work.
func (s *Service) prepare(ctx context.Context, a Attempt) (JID, string, error) {
	domain := s.domains[0]
	if a.Domain != "" {
		var err error
		if domain, err = PrepareDomain(a.Domain); err != nil {
			return JID{}, "", ErrUnknownDomain
		}
	}
	if !slices.Contains(s.domains, domain) || !ActorFrom(ctx).reaches(domain) {
		return JID{}, "", ErrUnknownDomain
	}
	jid, err := NewJID(a.Username, domain)
	if err != nil {
		return JID{}, "", ErrBadCredentials
	}
	password, err := PreparePassword(a.Password)
	if err != nil || len(password) > MaxPasswordBytes {
		return JID{}, "", ErrBadCredentials
	}
	return jid, password, nil
}

// reload reads the account again after its password fitted.
func (s *Service) reload(ctx context.Context, proven Record) (Record, error) {
	r, err := s.store.User(ctx, proven.ID)
	if errors.Is(err, ErrNotFound) || err == nil && r.CredentialRevision != proven.CredentialRevision {
		return Record{}, ErrBadCredentials
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

// errSuperseded stops an upgrade whose password has been replaced.
var errSuperseded = errors.New("the password was changed meanwhile")

// upgrade renews a hash that is weaker than a new one would be. It is not a
// change of the account: no revision, no log entry. If it fails, the login is
// still good and the next one tries again.
func (s *Service) upgrade(ctx context.Context, proven Record, password string) {
	if !s.hasher.stale(proven.PasswordHash) {
		return
	}
	hash, err := s.hasher.hash(password)
	if err == nil {
		_, err = s.store.UpdateUser(ctx, proven.ID, func(r Record) (Record, *Change, error) {
			if r.CredentialRevision != proven.CredentialRevision {
				return r, nil, errSuperseded
			}
			r.PasswordHash = hash
			return r, nil, nil
		})
	}
	if err != nil && !errors.Is(err, errSuperseded) {
		s.log.LogAttrs(ctx, slog.LevelWarn, "password hash not upgraded", slog.String("id", proven.ID.String()), slog.Any("error", err))
	}
}
