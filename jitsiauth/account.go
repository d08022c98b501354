package jitsiauth

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// Create adds an account and returns it. It returns an *InvalidError, a
// *PolicyError for a password that the Policy refuses, ErrForbidden, or
// ErrExists where the name is taken. The password is prepared and hashed, which
// takes about a fifth of a second at the default cost. The account and its log
// entry are written together.
func (s *Service) Create(ctx context.Context, n NewUser) (User, error) {
	now := s.now().UTC()
	u := User{
		JID: n.JID, DisplayName: n.DisplayName, Email: n.Email, Note: n.Note, Role: n.Role, Disabled: n.Disabled,
		ValidFrom: n.ValidFrom.UTC(), ValidUntil: n.ValidUntil.UTC(),
		Revision: 1, CredentialRevision: 1, SessionRevision: 1, CreatedAt: now, UpdatedAt: now, PasswordChangedAt: now,
	}
	if u.Role == "" {
		u.Role = RoleUser
	}
	if err := s.checkNew(ctx, &u); err != nil {
		return User{}, err
	}
	prepared, noted, err := s.choose(ctx, u.JID, NewPassword{Password: n.Password, AllowWeak: n.AllowWeak})
	if err != nil {
		return User{}, err
	}
	hash, err := s.hash(ctx, prepared)
	if err != nil {
		return User{}, err
	}
	if u.ID, err = newID(now, s.random); err != nil {
		return User{}, err
	}
	if err := s.store.CreateUser(ctx, Record{User: u, PasswordHash: hash}, userEntry(ctx, now, UserCreated, &u, noted...)); err != nil {
		return User{}, err
	}
	return u, nil
}

// checkNew comes before the costly hash.
func (s *Service) checkNew(ctx context.Context, u *User) error {
	if err := s.mayCreate(ctx, u); err != nil {
		return err
	}
	return s.isFree(ctx, u.JID)
}

// isFree returns ErrExists where the name is taken.
func (s *Service) isFree(ctx context.Context, jid JID) error {
	_, err := s.store.UserByJID(ctx, jid)
	switch {
	case err == nil:
		return ErrExists
	case errors.Is(err, ErrNotFound):
		return nil
	}
	return err
}

// mayCreate is what can be said of a new account without the store.
func (s *Service) mayCreate(ctx context.Context, u *User) error {
	if err := u.checkNew(); err != nil {
		return err
	}
	if err := ActorFrom(ctx).mayManage(u); err != nil {
		return err
	}
	if err := checkRole(ctx, u.Role, RoleUser); err != nil {
		return err
	}
	if !slices.Contains(s.domains, u.JID.Domain()) {
		return invalid("domain", "must be one that this service serves: %s", strings.Join(s.domains, ", "))
	}
	return nil
}

// checkRole: setting a role needs an administrator.
func checkRole(ctx context.Context, role, before Role) error {
	if role != before {
		return ActorFrom(ctx).mayAdminister()
	}
	return nil
}

// Get returns an account, or ErrNotFound; accounts of domains that the actor
// does not reach are not found.
func (s *Service) Get(ctx context.Context, id ID) (User, error) {
	r, err := s.store.User(ctx, id)
	return seen(ctx, r, err)
}

// GetByJID is Get by name.
func (s *Service) GetByJID(ctx context.Context, jid JID) (User, error) {
	r, err := s.store.UserByJID(ctx, jid)
	return seen(ctx, r, err)
}

func seen(ctx context.Context, r Record, err error) (User, error) {
	if err != nil {
		return User{}, err
	}
	if !ActorFrom(ctx).reaches(r.JID.Domain()) {
		return User{}, ErrNotFound
	}
	return r.User, nil
}

// Page is a part of a list.
type Page struct {
	Users []User
	Next  JID  // where to go on: ListQuery.After
	More  bool // whether there may be others behind Next
}

// List returns the accounts that q asks for, a page at a time, in the byte
// order of domain and local part; see UserStore.ListUsers for what a reader
// sees while accounts come and go. A page may be short, or empty, with More
// set. An actor bound to domains sees only those. It returns an *InvalidError.
func (s *Service) List(ctx context.Context, q ListQuery) (Page, error) {
	if err := q.check(); err != nil {
		return Page{}, err
	}
	q.Now = s.now()
	actor := ActorFrom(ctx)
	page := Page{Next: q.After, Users: []User{}}
	switch {
	case len(actor.Domains) == 0:
		return page, s.appendPage(ctx, &page, q)
	case q.Domain != "" && !actor.reaches(q.Domain):
		return page, nil
	case q.Domain != "":
		return page, s.appendPage(ctx, &page, q)
	}
	// The store is asked for each of the actor's domains alone: even the name
	// at which a page ends must not be one of another domain.
	for _, domain := range slices.Sorted(slices.Values(actor.Domains)) {
		if domain < q.After.Domain() {
			continue
		}
		if page.More = len(page.Users) == q.Limit; page.More {
			break
		}
		within := q
		within.Domain, within.Limit = domain, q.Limit-len(page.Users)
		if err := s.appendPage(ctx, &page, within); err != nil || page.More {
			return page, err
		}
	}
	return page, nil
}

// appendPage adds what the store lists to the page.
func (s *Service) appendPage(ctx context.Context, page *Page, q ListQuery) error {
	records, next, more, err := s.store.ListUsers(ctx, q)
	for _, r := range records {
		page.Users = append(page.Users, r.User)
	}
	if page.More = more; next != q.After {
		page.Next = next
	}
	return err
}

// Update changes an account and returns it as it is then. It returns an
// *InvalidError, ErrNotFound, ErrForbidden, or the error of a condition. A
// change that makes no difference leaves revision and log alone. The account
// and its log entry are written together.
func (s *Service) Update(ctx context.Context, id ID, change UserChange, conditions ...Condition) (User, error) {
	r, err := s.store.UpdateUser(ctx, id, updating(ctx, s.now().UTC(), change, conditions))
	return r.User, err
}

// updating is what Update does to the account as the store holds it.
func updating(ctx context.Context, now time.Time, change UserChange, conditions []Condition) func(Record) (Record, *Change, error) {
	return func(r Record) (Record, *Change, error) {
		if err := admit(ctx, &r.User, conditions); err != nil {
			return r, nil, err
		}
		role := r.Role
		fields := change.apply(&r.User)
		if len(fields) == 0 {
			return r, nil, nil
		}
		if err := r.check(); err != nil {
			return r, nil, err
		}
		if err := checkRole(ctx, r.Role, role); err != nil {
			return r, nil, err
		}
		r.Revision++
		r.UpdatedAt = now
		c := userEntry(ctx, now, UserUpdated, &r.User, fields...)
		return r, &c, nil
	}
}

// Disable refuses the account's next logins until Enable. It is Update with
// one field.
func (s *Service) Disable(ctx context.Context, id ID) (User, error) {
	return s.Update(ctx, id, UserChange{Disabled: new(true)})
}

// Enable ends Disable.
func (s *Service) Enable(ctx context.Context, id ID) (User, error) {
	return s.Update(ctx, id, UserChange{Disabled: new(false)})
}

// SetPassword gives the account another password and returns the account. It
// returns an *InvalidError, a *PolicyError, ErrNotFound, ErrForbidden, or the
// error of a condition. Revision stays as it is, CredentialRevision grows. People
// may set that of their own account (Actor.Account); the caller asks them for the
// old one first.
func (s *Service) SetPassword(ctx context.Context, id ID, n NewPassword, conditions ...Condition) (User, error) {
	before, err := s.Get(ctx, id)
	if err != nil {
		return User{}, err
	}
	if err := admitOwner(ctx, &before, conditions); err != nil {
		return User{}, err
	}
	prepared, noted, err := s.choose(ctx, before.JID, n)
	if err != nil {
		return User{}, err
	}
	hash, err := s.hash(ctx, prepared)
	if err != nil {
		return User{}, err
	}
	r, err := s.store.UpdateUser(ctx, id, settingPassword(ctx, s.now().UTC(), hash, noted, conditions))
	return r.User, err
}

// settingPassword is what SetPassword does to the account as the store holds it.
func settingPassword(ctx context.Context, now time.Time, hash string, noted []string, conditions []Condition) func(Record) (Record, *Change, error) {
	return func(r Record) (Record, *Change, error) {
		if err := admitOwner(ctx, &r.User, conditions); err != nil {
			return r, nil, err
		}
		return passwordSet(ctx, now, r, hash, noted)
	}
}

// passwordSet is the account with another password, and the log entry.
func passwordSet(ctx context.Context, now time.Time, r Record, hash string, noted []string) (Record, *Change, error) {
	r.setHash(hash)
	r.CredentialRevision++
	r.PasswordChangedAt = now
	c := userEntry(ctx, now, UserPasswordSet, &r.User, noted...)
	return r, &c, nil
}

// Delete removes the account for good; its name can be given out again, to
// what is then another account. It returns ErrNotFound, ErrForbidden, or the
// error of a condition.
func (s *Service) Delete(ctx context.Context, id ID, conditions ...Condition) error {
	now := s.now().UTC()
	return s.store.DeleteUser(ctx, id, func(r Record) (Change, error) {
		return userEntry(ctx, now, UserDeleted, &r.User), admit(ctx, &r.User, conditions)
	})
}
