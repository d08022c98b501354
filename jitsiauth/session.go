package jitsiauth

import (
	"context"
	"time"
)

// EndSessions tells Prosody to end all sessions that the account has now, and
// returns the account. SessionRevision grows, which the feed tells (feed.go): who
// logged in with an earlier one is to leave. Whether the person may log in stays
// as it is: an account that is active can come back at once, and one that is
// disabled may have sessions yet. A Prosody that does not listen at the moment
// obeys when it follows the feed again.
//
// It is no change that administrators see in the account: Revision and UpdatedAt
// stay. It is logged as UserSessionsEnded, in the same transaction, each time it
// is called. It returns ErrNotFound, or ErrForbidden where the account has more
// rights than the actor and is not their own.
func (s *Service) EndSessions(ctx context.Context, id ID) (User, error) {
	r, err := s.store.UpdateUser(ctx, id, endingSessions(ctx, s.now().UTC()))
	return r.User, err
}

// endingSessions is what EndSessions does to the account as the store holds it.
func endingSessions(ctx context.Context, now time.Time) func(Record) (Record, *Change, error) {
	return func(r Record) (Record, *Change, error) {
		if err := admitOwner(ctx, &r.User, nil); err != nil {
			return r, nil, err
		}
		r.SessionRevision++
		c := userEntry(ctx, now, UserSessionsEnded, &r.User)
		return r, &c, nil
	}
}
