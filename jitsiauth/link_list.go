package jitsiauth

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"
	"time"
)

// ListedLink is a link with whether it can be spent.
type ListedLink struct {
	Link
	State LinkState
}

// ListLinks returns the links of these kinds, of all if none is named, in the
// order they were made: those that the actor could have made, which for
// LinkAdmin means an administrator, for others a manager of the link's domain.
// It returns ErrForbidden to who is less. Links that can't be spent stay in the
// list until 30 days after they have expired.
func (s *Service) ListLinks(ctx context.Context, kinds ...LinkKind) ([]ListedLink, error) {
	actor := ActorFrom(ctx)
	if actor.Role.rank() < RoleManager.rank() {
		return nil, ErrForbidden
	}
	all, err := s.store.ListLinks(ctx)
	if err != nil {
		return nil, err
	}
	now, links, there := s.now(), []ListedLink{}, s.premises(ctx)
	there.hasAdmin = sync.OnceValues(there.hasAdmin) // it may look at every account
	for _, l := range all {
		if len(kinds) > 0 && !slices.Contains(kinds, l.Kind) || !l.shownTo(actor) {
			continue
		}
		state, err := s.linkState(&l, now, there)
		if err != nil {
			return nil, err
		}
		links = append(links, ListedLink{Link: l, State: state})
	}
	return links, nil
}

// shownTo reports whether the link is there for an actor who is at least a
// manager.
func (l *Link) shownTo(actor Actor) bool {
	if l.Kind == LinkAdmin {
		return actor.mayAdminister() == nil
	}
	return actor.reaches(l.Domain)
}

// RevokeLink ends a link of these kinds, of any if none is named, at once. It
// returns ErrNotFound; or ErrForbidden to who is less than a manager, or has
// fewer rights than the account that a LinkReset is for. The link and the log
// entry are written together.
func (s *Service) RevokeLink(ctx context.Context, id ID, kinds ...LinkKind) error {
	actor, now := ActorFrom(ctx), s.now().UTC()
	if actor.Role.rank() < RoleManager.rank() {
		return ErrForbidden
	}
	return s.store.Batch(ctx, func(tx UserTx) error {
		l, err := tx.Link(id)
		if err != nil {
			return err
		}
		if len(kinds) > 0 && !slices.Contains(kinds, l.Kind) || !l.shownTo(actor) {
			return ErrNotFound
		}
		if l.Kind == LinkReset {
			r, err := tx.User(l.Account)
			if err == nil {
				err = actor.mayManage(&r.User)
			}
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
		}
		return tx.DeleteLink(id, linkEntry(ctx, now, LinkRevoked, &l))
	})
}

// LinkOffer is what may be shown to whoever holds a link's secret before it is
// spent.
type LinkOffer struct {
	Kind       LinkKind
	Domain     string    // of the account
	JID        JID       // whose password a LinkReset sets; zero for other kinds
	ValidFrom  time.Time // of the account that a LinkInvite makes; zero: no beginning
	ValidUntil time.Time // likewise; zero: no end
	ExpiresAt  time.Time // of the link
}

// LookUpLink returns what the link with this secret offers. It returns
// ErrNotFound alike for one that is unknown, used up, expired, revoked or void.
// It asks for no role and changes nothing.
func (s *Service) LookUpLink(ctx context.Context, secret string) (LinkOffer, error) {
	l, err := s.activeLink(ctx, secret)
	if err != nil {
		return LinkOffer{}, err
	}
	return LinkOffer{
		Kind: l.Kind, Domain: l.Domain, JID: l.JID, ValidFrom: l.ValidFrom, ValidUntil: l.ValidUntil, ExpiresAt: l.ExpiresAt,
	}, nil
}

// activeLink returns the link with this secret if it can be spent now. The
// secret is looked up by its hash, so that time tells nothing about secrets that
// are near.
func (s *Service) activeLink(ctx context.Context, secret string) (Link, error) {
	if !isLinkSecret(secret) {
		return Link{}, ErrNotFound
	}
	l, err := s.store.LinkByHash(ctx, sha256.Sum256([]byte(secret)))
	if err != nil {
		return Link{}, err
	}
	return l, s.mustBeActive(&l, s.premises(ctx))
}

// mustBeActive returns ErrNotFound for a link that can't be spent now.
func (s *Service) mustBeActive(l *Link, there premises) error {
	state, err := s.linkState(l, s.now(), there)
	if err == nil && state != LinkActive {
		err = ErrNotFound
	}
	return err
}

// linkState looks for the reasons that need no store first.
func (s *Service) linkState(l *Link, now time.Time, there premises) (LinkState, error) {
	void := false
	var err error
	switch {
	case l.Left < 1:
		return LinkUsedUp, nil
	case !now.Before(l.ExpiresAt), !l.ValidUntil.IsZero() && !now.Before(l.ValidUntil):
		return LinkExpired, nil
	case l.Kind == LinkReset:
		void, err = l.resetVoid(there)
	case !slices.Contains(s.domains, l.Domain):
		void = true
	case l.Kind == LinkAdmin:
		void, err = there.hasAdmin()
	}
	if void {
		return LinkVoid, err
	}
	return LinkActive, err
}

// resetVoid reports whether the account is no longer the one that the link was
// made for. An account with more rights than then is another, too: who made the
// link might not have been allowed to.
func (l *Link) resetVoid(there premises) (bool, error) {
	r, err := there.user(l.Account)
	if errors.Is(err, ErrNotFound) {
		return true, nil
	}
	return r.Disabled || r.CredentialRevision != l.CredentialRevision || r.Role.rank() > l.Role.rank(), err
}
