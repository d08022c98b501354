package jitsiauth

import (
	"context"
	"slices"
	"time"
)

// LogQuery says which entries of a log to list. The zero value lists all, a
// page at a time, newest first.
type LogQuery struct {
	ID     ID          // of an account (or token, or link); zero: any
	JID    JID         // of an account at that time; zero: any
	Action Action      // for ChangeLog; empty: any
	Result LoginResult // for LoginLog; empty: any
	Since  time.Time   // zero: from the beginning
	Until  time.Time   // exclusive; zero: to the end
	Before uint64      // a LogPage.Next; 0: begin with the newest
	Limit  int         // 1 to MaxPage; 0: DefaultPage
}

// LogPage is a part of a log, newest entry first. It may be short, or empty,
// with More set: a call looks at no more than MaxScan entries.
type LogPage[E any] struct {
	Entries []E
	Next    uint64 // where to go on: LogQuery.Before
	More    bool   // whether there may be others behind Next
}

// logDisorder is more than an entry's time can lie before its place in the log:
// the time is that of the request, the place that of the write, and between them
// a password is hashed, other writers are waited for, or a backup is copied.
const logDisorder = 5 * time.Minute

// What the logs can hold.
var (
	knownActions = []Action{
		UserCreated, UserUpdated, UserPasswordSet, UserDeleted, UserBecameValid, UserExpired, UserSessionsEnded,
		TokenCreated, TokenRevoked, LinkCreated, LinkUsed, LinkRevoked, ThrottleCleared,
		BackupMade, BackupRestored, HashesExported,
	}
	knownResults = []LoginResult{
		LoginOK, LoginBadCredentials, LoginDisabled, LoginExpired, LoginNotYetValid, LoginUnknownDomain, LoginThrottled, LoginOverloaded, LoginFailed,
	}
)

// Actions returns all that an entry of the log of changes can be about.
func Actions() []Action { return slices.Clone(knownActions) }

// LoginResults returns all that can come of an attempt.
func LoginResults() []LoginResult { return slices.Clone(knownResults) }

// ChangeLog lists the log of changes. It returns an *InvalidError or
// ErrForbidden: only administrators of the whole service may. A list ends at
// the first entry that is older than Since by more than logDisorder; where the
// clock was set back or ahead, entries behind that one may be younger.
func (s *Service) ChangeLog(ctx context.Context, q LogQuery) (LogPage[Change], error) {
	return readLog(ctx, q,
		func(before uint64, limit int) ([]Change, error) { return s.store.ChangesBefore(ctx, before, limit) },
		func(c *Change) (uint64, time.Time, bool) {
			return c.Position.N, c.At, q.names(c.Subject, c.JID) && (q.Action == "" || c.Action == q.Action)
		})
}

// LoginLog lists the log of logins, under the rules of ChangeLog, but people may
// also ask for those of their own account by its ID. The newest attempts are
// missing for a second or so.
func (s *Service) LoginLog(ctx context.Context, q LogQuery) (LogPage[Login], error) {
	if ActorFrom(ctx).owns(q.ID) {
		ctx = WithActor(ctx, Actor{Role: RoleAdmin}) // the query keeps to the account
	}
	return readLog(ctx, q,
		func(before uint64, limit int) ([]Login, error) { return s.store.ListLogins(ctx, before, limit) },
		func(l *Login) (uint64, time.Time, bool) {
			return l.N, l.At, q.names(l.ID, l.JID) && (q.Result == "" || l.Result == q.Result)
		})
}

// names reports whether the query asks for this account.
func (q *LogQuery) names(id ID, jid JID) bool {
	return (q.ID.IsZero() || q.ID == id) && (q.JID.IsZero() || q.JID == jid)
}

// historyPage is how many entries are read in one transaction.
const historyPage = 500

// readLog reads a log backwards. about returns an entry's number and time, and
// whether the query asks for it, dates aside.
func readLog[E any](ctx context.Context, q LogQuery, read func(before uint64, limit int) ([]E, error), about func(*E) (uint64, time.Time, bool)) (LogPage[E], error) {
	page := LogPage[E]{Entries: []E{}, Next: q.Before}
	if err := ActorFrom(ctx).mayAdminister(); err != nil {
		return page, err
	}
	if err := q.check(); err != nil {
		return page, err
	}
	for range MaxScan / historyPage {
		entries, err := read(page.Next, historyPage)
		if err != nil {
			return page, err
		}
		for i := range entries {
			if len(page.Entries) == q.Limit {
				page.More = true
				return page, nil
			}
			n, at, wanted := about(&entries[i])
			if at.Before(q.Since.Add(-logDisorder)) {
				return page, nil
			}
			page.Next = n
			if wanted && !at.Before(q.Since) && (q.Until.IsZero() || at.Before(q.Until)) {
				page.Entries = append(page.Entries, entries[i])
			}
		}
		if len(entries) < historyPage || page.Next <= 1 {
			return page, nil
		}
	}
	page.More = true
	return page, nil
}

// check holds the query to its bounds.
func (q *LogQuery) check() error {
	switch {
	case q.Limit < 0 || q.Limit > MaxPage:
		return invalid("limit", "must be 1 to %d", MaxPage)
	case q.Action != "" && !slices.Contains(knownActions, q.Action):
		return invalid("action", "must be one of %s", joined(knownActions))
	case q.Result != "" && !slices.Contains(knownResults, q.Result):
		return invalid("result", "must be one of %s", joined(knownResults))
	case !q.Since.IsZero() && !q.Until.IsZero() && !q.Since.Before(q.Until):
		return invalid("until", "must be later than since")
	}
	if q.Limit == 0 {
		q.Limit = DefaultPage
	}
	return nil
}

func joined[S ~string](words []S) string {
	var text string
	for i, word := range words {
		if i > 0 {
			text += ", "
		}
		text += string(word)
	}
	return text
}
