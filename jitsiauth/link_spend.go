package jitsiauth

import (
	"context"
	"time"
)

// SpendInvite makes an account with this local part in the link's domain, with
// RoleUser, and the validity and the note of the link, and takes one of the
// link's uses. It returns the account; or ErrNotFound as LookUpLink does, an
// *InvalidError, a *PolicyError, or ErrExists where the name is taken. What is
// refused spends nothing. Account, link and both log entries are written
// together: a link for one makes one, however many try at once.
//
// It asks for no role: whoever holds the secret may. In the log the actor is the
// link, with the Source of the actor of ctx. AllowWeak is ErrForbidden. The
// password is hashed as in Create, before the transaction; those who hold one
// link take turns, so that nobody makes the service hash more often than the
// link has uses.
func (s *Service) SpendInvite(ctx context.Context, secret, local string, n NewPassword) (User, error) {
	return s.spendOnAccount(ctx, LinkInvite, RoleUser, secret, local, n)
}

// SpendAdmin is SpendInvite for a LinkAdmin: it makes an account with RoleAdmin.
func (s *Service) SpendAdmin(ctx context.Context, secret, local string, n NewPassword) (User, error) {
	return s.spendOnAccount(ctx, LinkAdmin, RoleAdmin, secret, local, n)
}

// SpendReset gives the account of a LinkReset another password, as SetPassword
// does, and returns the account. Errors and the rest are as with SpendInvite.
func (s *Service) SpendReset(ctx context.Context, secret string, n NewPassword) (User, error) {
	var u User
	err := s.spend(ctx, LinkReset, secret, func(ctx context.Context, l *Link) (func(UserTx) (JID, error), error) {
		hash, noted, err := s.chooseHash(ctx, l.JID, n)
		if err != nil {
			return nil, err
		}
		now := s.now().UTC()
		return func(tx UserTx) (JID, error) {
			r, err := tx.UpdateUser(l.Account, func(r Record) (Record, *Change, error) {
				return passwordSet(ctx, now, r, hash, noted)
			})
			u = r.User
			return u.JID, err
		}, nil
	})
	if err != nil {
		return User{}, err
	}
	return u, nil
}

// spendOnAccount spends a link that makes an account.
func (s *Service) spendOnAccount(ctx context.Context, kind LinkKind, role Role, secret, local string, n NewPassword) (User, error) {
	var u User
	err := s.spend(ctx, kind, secret, func(ctx context.Context, l *Link) (func(UserTx) (JID, error), error) {
		jid, err := NewJID(local, l.Domain)
		if err != nil {
			return nil, err
		}
		now := s.now().UTC()
		u = l.newUser(jid, role, now)
		if err := u.checkNew(); err != nil {
			return nil, err
		}
		if err := s.isFree(ctx, jid); err != nil {
			return nil, err
		}
		hash, noted, err := s.chooseHash(ctx, jid, n)
		if err != nil {
			return nil, err
		}
		if u.ID, err = newID(now, s.random); err != nil {
			return nil, err
		}
		return func(tx UserTx) (JID, error) {
			return jid, tx.CreateUser(Record{User: u, PasswordHash: hash}, userEntry(ctx, now, UserCreated, &u, noted...))
		}, nil
	})
	if err != nil {
		return User{}, err
	}
	return u, nil
}

// newUser is the account that the link makes. It has no ID.
func (l *Link) newUser(jid JID, role Role, now time.Time) User {
	return User{
		JID: jid, Note: l.Note, Role: role, ValidFrom: l.ValidFrom, ValidUntil: l.ValidUntil,
		Revision: 1, CredentialRevision: 1, SessionRevision: 1, CreatedAt: now, UpdatedAt: now, PasswordChangedAt: now,
	}
}

// chooseHash is choose, and the hash of what was chosen.
func (s *Service) chooseHash(ctx context.Context, jid JID, n NewPassword) (hash string, noted []string, err error) {
	prepared, noted, err := s.choose(ctx, jid, n)
	if err != nil {
		return "", nil, err
	}
	hash, err = s.hash(ctx, prepared)
	return hash, noted, err
}

// spend spends the link with this secret on what prepare returns, which is done
// in one transaction with it and names the account that was made or changed.
// prepare works before the transaction, with the link as actor.
func (s *Service) spend(ctx context.Context, kind LinkKind, secret string, prepare func(context.Context, *Link) (func(UserTx) (JID, error), error)) error {
	l, err := s.activeLink(ctx, secret)
	if err != nil {
		return err
	}
	if l.Kind != kind {
		return ErrNotFound
	}
	leave, err := s.turns.enter(ctx, l.ID)
	if err != nil {
		return err
	}
	defer leave()
	// Whoever had the turn before may have spent it.
	if l, err = s.activeLink(ctx, secret); err != nil {
		return err
	}
	ctx = WithActor(ctx, Actor{Kind: ActorLink, Name: l.ID.String(), Role: RoleUser, Source: ActorFrom(ctx).Source})
	act, err := prepare(ctx, &l)
	if err != nil {
		return err
	}
	return s.store.Batch(ctx, func(tx UserTx) error {
		// Another process, or an administrator, may have been quicker.
		l, err := tx.Link(l.ID)
		if err != nil {
			return err
		}
		if err := s.mustBeActive(&l, premisesOf(tx)); err != nil {
			return err
		}
		jid, err := act(tx)
		if err != nil {
			return err
		}
		used := linkEntry(ctx, s.now().UTC(), LinkUsed, &l)
		used.JID = jid
		_, err = tx.SpendLink(l.ID, used)
		return err
	})
}
