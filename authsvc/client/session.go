package client

import (
	"context"
	"net/http"

	"github.com/jitsiauth/server/authsvc/api"
)

// ReportSessions says who is in. The token needs the scope auth. It returns an
// *jitsiauth.InvalidError, jitsiauth.ErrUnknownDomain where the token isn't good
// for the domain, or an *Error with api.CodeSessionsUnknown: then all sessions
// are to be sent anew, the first ones with First. Keep a WaitChangesAs open under
// the same instance, or what was said is forgotten 10 s later.
func (c *Client) ReportSessions(ctx context.Context, report api.SessionReport) error {
	var answer struct{}
	return c.do(ctx, call{method: http.MethodPost, path: "/auth/sessions", body: report, answer: &answer})
}

// UserSessions returns where the account is in, as far as Prosody reports it. It
// returns jitsiauth.ErrNotFound.
func (c *Client) UserSessions(ctx context.Context, ref string) (api.UserSessions, error) {
	var sessions api.UserSessions
	path, err := pathOf(usersPath, ref)
	if err == nil {
		err = c.do(ctx, call{method: http.MethodGet, path: path + "/sessions", answer: &sessions})
	}
	return sessions, err
}

// EndSessions tells all sessions of the account to leave; the person may log in
// again. It returns jitsiauth.ErrNotFound or jitsiauth.ErrForbidden.
func (c *Client) EndSessions(ctx context.Context, ref string) error {
	path, err := pathOf(usersPath, ref)
	if err != nil {
		return err
	}
	return c.do(ctx, call{method: http.MethodDelete, path: path + "/sessions"})
}
