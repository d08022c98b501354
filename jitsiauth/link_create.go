package jitsiauth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"time"
)

// NewInvite is what Service.CreateInvite takes. The zero value works.
type NewInvite struct {
	Domain     string    // of the accounts; empty: the first one served that the actor reaches
	Uses       int       // how many accounts it makes, 1 to MaxInviteUses; 0: 1
	ExpiresAt  time.Time // at most MaxInviteLife from now; zero: DefaultInviteLife
	ValidFrom  time.Time // of the accounts that it makes; zero: no beginning
	ValidUntil time.Time // likewise, exclusive; zero: no end
	Note       string    // likewise, and of the link; for administrators
}

// CreateInvite makes a link with which somebody chooses name and password of an
// account of their own, with RoleUser. It returns the link with its secret,
// which can't be had again; or an *InvalidError, ErrForbidden to whom may not
// create accounts in that domain, or ErrTooManyLinks. The link and its log entry are written
// together. It outlasts its maker: who loses the right to make links should
// have theirs revoked.
func (s *Service) CreateInvite(ctx context.Context, n NewInvite) (Link, string, error) {
	now := s.now().UTC()
	l := Link{
		Kind: LinkInvite, Uses: n.Uses, Note: n.Note, CreatedAt: now,
		ExpiresAt: n.ExpiresAt.UTC(), ValidFrom: n.ValidFrom.UTC(), ValidUntil: n.ValidUntil.UTC(),
	}
	if l.Uses == 0 {
		l.Uses = 1
	}
	if n.ExpiresAt.IsZero() {
		l.ExpiresAt = now.Add(DefaultInviteLife)
	}
	var err error
	if l.Domain, err = s.linkDomain(ctx, n.Domain); err != nil {
		return Link{}, "", err
	}
	if err := ActorFrom(ctx).mayManage(&User{JID: JID{domain: l.Domain}, Role: RoleUser}); err != nil {
		return Link{}, "", err
	}
	if err := l.checkInvite(now); err != nil {
		return Link{}, "", err
	}
	return s.createLink(ctx, now, l, nil)
}

func (l *Link) checkInvite(now time.Time) error {
	if l.Uses < 1 || l.Uses > MaxInviteUses {
		return invalid("uses", "must be 1 to %d", MaxInviteUses)
	}
	if !now.Before(l.ExpiresAt) {
		return invalid("expires_at", "must lie in the future")
	}
	if l.ExpiresAt.Sub(now) > MaxInviteLife {
		return invalid("expires_at", "must be at most %d days away", MaxInviteLife/(24*time.Hour))
	}
	if err := checkText("note", l.Note, maxNote, true); err != nil {
		return err
	}
	if !l.ValidUntil.IsZero() && !now.Before(l.ValidUntil) {
		return invalid("valid_until", "must lie in the future")
	}
	return checkWindow(l.ValidFrom, l.ValidUntil)
}

// CreateAdminLink makes a link with which somebody makes the first
// administrator, in the domain ("": the default one), within AdminLinkLife. It
// returns the link with its secret; or an *InvalidError, ErrForbidden to who is
// no administrator, ErrExists where there is an account with RoleAdmin, or
// ErrTooManyLinks. The
// link and its log entry are written together.
func (s *Service) CreateAdminLink(ctx context.Context, domain string) (Link, string, error) {
	if err := ActorFrom(ctx).mayAdminister(); err != nil {
		return Link{}, "", err
	}
	now := s.now().UTC()
	l := Link{Kind: LinkAdmin, Uses: 1, CreatedAt: now, ExpiresAt: now.Add(AdminLinkLife)}
	var err error
	if l.Domain, err = s.linkDomain(ctx, domain); err != nil {
		return Link{}, "", err
	}
	return s.createLink(ctx, now, l, func(tx UserTx, _ *Link) error {
		there, err := tx.HasAdmin()
		if err == nil && there {
			err = ErrExists
		}
		return err
	})
}

// CreateResetLink makes a link with which somebody gives the account another
// password, once, for as long as life says: MinResetLife to MaxResetLife, 0
// means MaxResetLife. It returns the link with its secret; or an *InvalidError,
// also for an account that is disabled, ErrNotFound, ErrForbidden where the
// account has more rights than the actor, or ErrTooManyLinks. The link and its log entry are written
// together.
func (s *Service) CreateResetLink(ctx context.Context, account ID, life time.Duration) (Link, string, error) {
	if life == 0 {
		life = MaxResetLife
	}
	if life < MinResetLife || life > MaxResetLife {
		return Link{}, "", invalid("hours", "must be at most %d", MaxResetLife/time.Hour)
	}
	now := s.now().UTC()
	l := Link{Kind: LinkReset, Uses: 1, CreatedAt: now, ExpiresAt: now.Add(life), Account: account}
	return s.createLink(ctx, now, l, func(tx UserTx, l *Link) error {
		r, err := tx.User(account)
		if err != nil {
			return err
		}
		if err := admit(ctx, &r.User, nil); err != nil {
			return err
		}
		if r.Disabled {
			return invalid("user", "must not be disabled: enable the account first")
		}
		l.JID, l.Domain, l.Role, l.CredentialRevision = r.JID, r.JID.Domain(), r.Role, r.CredentialRevision
		return nil
	})
}

// createLink draws the secret and writes the link, which fill, if not nil, may
// complete or refuse.
func (s *Service) createLink(ctx context.Context, now time.Time, l Link, fill func(UserTx, *Link) error) (Link, string, error) {
	secret, err := newLinkSecret(s.random)
	if err != nil {
		return Link{}, "", err
	}
	if l.ID, err = newID(now, s.random); err != nil {
		return Link{}, "", err
	}
	actor := ActorFrom(ctx)
	l.Hash, l.Left, l.Actor, l.ActorName = sha256.Sum256([]byte(secret)), l.Uses, actor.Kind, actor.Name
	err = s.store.Batch(ctx, func(tx UserTx) error {
		if fill != nil {
			if err := fill(tx, &l); err != nil {
				return err
			}
		}
		if open, err := tx.OpenLinks(now); err != nil || open >= MaxLinks {
			return cmp.Or(err, ErrTooManyLinks)
		}
		return tx.CreateLink(l, linkEntry(ctx, now, LinkCreated, &l))
	})
	if err != nil {
		return Link{}, "", err
	}
	return l, secret, nil
}

// linkDomain prepares the domain of the accounts that a link makes.
func (s *Service) linkDomain(ctx context.Context, name string) (string, error) {
	actor := ActorFrom(ctx)
	if name == "" {
		if i := slices.IndexFunc(s.domains, actor.reaches); i >= 0 {
			return s.domains[i], nil
		}
		return "", ErrForbidden
	}
	domain, err := PrepareDomain(name)
	if err != nil {
		return "", err
	}
	if !actor.reaches(domain) {
		return "", ErrForbidden
	}
	if !slices.Contains(s.domains, domain) {
		return "", invalid("domain", "must be one that this service serves: %s", strings.Join(s.domains, ", "))
	}
	return domain, nil
}
