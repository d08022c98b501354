package jitsiauth

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// Event is what the feed says of one change of an account: enough for Prosody
// to end the sessions of someone whose right to be there ended, and no more.
type Event struct {
	Position Position
	At       time.Time
	Action   Action
	ID       ID
	JID      JID
	Fields   []string // as in Change, without what is about the password
	// State is that of the account when the feed was read, not of the moment
	// of the change: who comes late must not act on what was undone since.
	// Empty: the account is gone.
	State State
	// CredentialRevision is read with State; 0 where the account is gone. Who
	// logged in with an earlier one did so with another password.
	CredentialRevision uint64
	// SessionRevision is read with State; 0 where the account is gone. Who
	// logged in with an earlier one was told to leave.
	SessionRevision uint64
}

// FeedPage is how many entries of the log one WaitEvents returns events of. Few,
// because Prosody does nothing else while it reads them.
const FeedPage = 100

// FeedHead returns the place behind the newest entry: where a reader begins
// that looks at the accounts themselves first.
func (s *Service) FeedHead(ctx context.Context) (Position, error) { return s.store.Head(ctx) }

// WaitEvents returns events behind a position, oldest first, and the position
// to go on from, which also passes what the caller does not see: changes of
// tokens, and of accounts in domains that the actor does not reach. Where there
// is no event it waits for one, at most wait; then it returns none. It asks for
// no role, as Verify does not.
//
// It returns a *PositionLostError, the error of ctx, or a failure. Changes made
// through this Service are seen at once. The zero position is before everything
// that the log still holds.
func (s *Service) WaitEvents(ctx context.Context, after Position, wait time.Duration) ([]Event, Position, error) {
	return s.waitEvents(ctx, after, wait, func(*Event) bool { return true })
}

// WaitEndings is WaitEvents for a reader that cares only for what may end a
// session: changes of accounts that may not be used, or of which a password was
// set or the sessions were ended, and deletions, though an import brought the account
// back. Others are passed, too.
func (s *Service) WaitEndings(ctx context.Context, after Position, wait time.Duration) ([]Event, Position, error) {
	return s.waitEvents(ctx, after, wait, func(e *Event) bool {
		return e.State != StateActive || e.Action == UserPasswordSet || e.Action == UserSessionsEnded || e.Action == UserDeleted
	})
}

func (s *Service) waitEvents(ctx context.Context, after Position, wait time.Duration, wanted func(*Event) bool) ([]Event, Position, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		changed := s.feed.next() // before reading, or a change in between would wake nobody
		events, next, more, err := s.eventsBehind(ctx, after, wanted)
		if err != nil || len(events) > 0 {
			return events, next, err
		}
		if after = next; more {
			continue
		}
		select {
		case <-changed:
		case <-timer.C:
			return nil, after, nil
		case <-ctx.Done():
			return nil, after, ctx.Err()
		}
	}
}

// eventsBehind reads one page of the log. more says that it was a full one.
func (s *Service) eventsBehind(ctx context.Context, after Position, wanted func(*Event) bool) (events []Event, next Position, more bool, err error) {
	changes, err := s.store.ListChanges(ctx, after, FeedPage)
	if errors.Is(err, ErrPositionLost) {
		head, failed := s.store.Head(ctx)
		if failed != nil {
			return nil, after, false, failed
		}
		return nil, after, false, &PositionLostError{Head: head}
	}
	if err != nil {
		return nil, after, false, err
	}
	next = after
	standings := map[ID]Standing{}
	for _, c := range changes {
		next = c.Position
		if !strings.HasPrefix(string(c.Action), "user.") || !ActorFrom(ctx).reaches(c.JID.Domain()) {
			continue
		}
		standing, known := standings[c.Subject]
		if !known {
			if standing, err = s.standingOf(ctx, c.Subject); err != nil {
				return nil, after, false, err
			}
			standings[c.Subject] = standing
		}
		e := Event{
			Position: c.Position, At: c.At, Action: c.Action, ID: c.Subject, JID: c.JID, Fields: feedFields(c.Fields),
			State: standing.State, CredentialRevision: standing.CredentialRevision, SessionRevision: standing.SessionRevision,
		}
		if wanted(&e) {
			events = append(events, e)
		}
	}
	return events, next, len(changes) == FeedPage, nil
}

// feedFields leaves out what the log says of passwords: who steals Prosody's
// token could guess with it.
func feedFields(fields []string) []string {
	return slices.DeleteFunc(slices.Clone(fields), func(field string) bool { return field == weakPassword || field == migratedPassword })
}

// MaxStandings is how many accounts Standings tells of at once.
const MaxStandings = 1000

// Standing is what decides whether a session of an account may go on.
type Standing struct {
	ID                 ID
	JID                JID
	State              State
	CredentialRevision uint64
	SessionRevision    uint64
}

// Standings returns how things are with those of the accounts that exist and
// that the actor reaches, in the order of ids, and the head of the feed from
// before it looked. It is for a reader that lost its position: what it knows of
// accounts may be from another file. It asks for no role, as Verify does not,
// and returns an *InvalidError, or ErrUnknownDomain where the actor does not
// reach the domain, if one is named: what it can't see must not look gone.
func (s *Service) Standings(ctx context.Context, domain string, ids []ID) ([]Standing, Position, error) {
	if len(ids) < 1 || len(ids) > MaxStandings {
		return nil, Position{}, invalid("ids", "must be 1 to 1000 IDs of accounts")
	}
	if domain != "" {
		if _, err := s.ServedDomain(ctx, domain); err != nil {
			return nil, Position{}, err
		}
	}
	head, err := s.store.Head(ctx) // before, so that no change falls in between
	if err != nil {
		return nil, Position{}, err
	}
	found := make([]Standing, 0, len(ids))
	for _, id := range ids {
		standing, err := s.standingOf(ctx, id)
		if err != nil {
			return nil, Position{}, err
		}
		if standing.State != "" && ActorFrom(ctx).reaches(standing.JID.Domain()) {
			found = append(found, standing)
		}
	}
	return found, head, nil
}

// standingOf is the zero Standing for an account that is gone.
func (s *Service) standingOf(ctx context.Context, id ID) (Standing, error) {
	r, err := s.store.User(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return Standing{}, nil
	}
	if err != nil {
		return Standing{}, err
	}
	return Standing{
		ID: id, JID: r.JID, State: r.StateAt(s.now()), CredentialRevision: r.CredentialRevision, SessionRevision: r.SessionRevision,
	}, nil
}

// broadcast wakes all who wait for the next change. It needs no goroutine.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{} // nil: nobody waits
}

// next returns a channel that the next wake closes.
func (b *broadcast) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// wakingStore wakes the readers of the feed after each write of an account, so
// that no method of Service can forget to. Writes of tokens are no events.
type wakingStore struct {
	Store
	feed *broadcast
}

// Unwrap returns the store within, for what that can do besides.
func (s wakingStore) Unwrap() Store { return s.Store }

// CreateUser implements UserStore.
func (s wakingStore) CreateUser(ctx context.Context, r Record, c Change) error {
	err := s.Store.CreateUser(ctx, r, c)
	s.feed.wake() // also on error: to wake in vain costs a look at the log
	return err
}

// UpdateUser implements UserStore.
func (s wakingStore) UpdateUser(ctx context.Context, id ID, change func(old Record) (Record, *Change, error)) (Record, error) {
	r, err := s.Store.UpdateUser(ctx, id, change)
	s.feed.wake()
	return r, err
}

// Batch implements BatchStore.
func (s wakingStore) Batch(ctx context.Context, work func(UserTx) error) error {
	err := s.Store.Batch(ctx, work)
	s.feed.wake()
	return err
}

// PassMoments implements MomentStore.
func (s wakingStore) PassMoments(ctx context.Context, now time.Time, limit int, entry func(Record, Moment) Change) (int, error) {
	passed, err := s.Store.PassMoments(ctx, now, limit, entry)
	if passed > 0 {
		s.feed.wake()
	}
	return passed, err
}

// DeleteUser implements UserStore.
func (s wakingStore) DeleteUser(ctx context.Context, id ID, change func(old Record) (Change, error)) error {
	err := s.Store.DeleteUser(ctx, id, change)
	s.feed.wake()
	return err
}
