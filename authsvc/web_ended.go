package authsvc

import (
	"context"
	"errors"
	"slices"

	"github.com/jitsiauth/server/jitsiauth"
)

// maxLook is how many entries of the log of changes are looked through for what
// happened to an account; some milliseconds.
const maxLook = 10_000

// endedMeanwhile reports whether the account could not be used at some moment
// since the session was last looked at, although it can be used now: then its
// sessions at Jitsi ended, and so does this one. Only an account that was changed
// is looked for in the log. Where the log can't tell (it is another file, or too
// much has happened), the answer is yes: somebody logs in once more.
func (s *Server) endedMeanwhile(ctx context.Context, w *webSession, u *jitsiauth.User) (ended bool, behind jitsiauth.Position, err error) {
	if w.revision == u.Revision {
		return false, w.behind, nil
	}
	looked, behind := 0, w.behind
	for change, err := range s.svc.Changes(ctx, behind) {
		switch {
		case errors.Is(err, jitsiauth.ErrPositionLost):
			return true, behind, nil
		case err != nil:
			return false, behind, err
		}
		if looked++; looked > maxLook || change.Subject == u.ID && endsUse(&change) {
			return true, behind, nil
		}
		behind = change.Position
	}
	return false, behind, nil
}

// endsUse reports an entry which shows that the account could not be used: it ends
// that, or the end of that was logged.
func endsUse(c *jitsiauth.Change) bool {
	return c.Action == jitsiauth.UserExpired || c.Action == jitsiauth.UserUpdated && slices.Contains(c.Fields, "disabled")
}
