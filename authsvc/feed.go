package authsvc

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// maxWait bounds the parameter wait: less than the minute after which most
// proxies and clients give up.
const maxWait = 55 * time.Second

// feedTimeout leaves time for reading the log after the longest wait.
const feedTimeout = maxWait + 5*time.Second

// waitChanges tells Prosody what happened to accounts behind a position, and
// waits for it if nothing did. Without a position it tells the newest one. With
// an instance, what that one said of its sessions counts meanwhile. only=endings
// leaves out what ends no session.
func (s *Server) waitChanges(c *gin.Context) error {
	params, err := queryParams(c.Request, "after", "wait", "instance", "only")
	if err != nil {
		return err
	}
	wait, err := parseWait(params["wait"])
	if err != nil {
		return err
	}
	read, err := s.feedReaderFor(params)
	if err != nil {
		return err
	}
	if name, given := params["instance"]; given {
		if !isName(name, api.MaxSessionName) {
			return invalidInstance()
		}
		defer s.sessions.follow(followerOf(c, name), s.opts.Now)()
	}
	who := followerOf(c, params["instance"])
	defer s.prosodys.follow(who, s.opts.Now)()
	text, given := params["after"]
	if !given {
		head, err := s.svc.FeedHead(c.Request.Context())
		if err != nil {
			return err
		}
		s.prosodys.reached(who, head)
		return writeJSON(c, http.StatusOK, jsonType, wireFeed(nil, head))
	}
	after, err := jitsiauth.ParsePosition(text)
	if err != nil {
		return err
	}
	if after.IsZero() {
		return &jitsiauth.InvalidError{Field: "after", Rule: "must be a position, or be left out to get the newest one"}
	}
	prolong(c, feedTimeout)
	s.prosodys.reached(who, after)
	next, err := s.answerFeed(c, read, after, wait)
	if err == nil {
		s.prosodys.reached(who, next)
	}
	return err
}

// feedReader is WaitEvents or WaitEndings of the domain.
type feedReader func(ctx context.Context, after jitsiauth.Position, wait time.Duration) ([]jitsiauth.Event, jitsiauth.Position, error)

func (s *Server) feedReaderFor(params map[string]string) (feedReader, error) {
	switch only, given := params["only"]; {
	case !given:
		return s.svc.WaitEvents, nil
	case only == "endings":
		return s.svc.WaitEndings, nil
	}
	return nil, &jitsiauth.InvalidError{Field: "only", Rule: `must be "endings", or be left out`}
}

// answerFeed answers early, with nothing, when the server is to stop: a reader
// must not hold it up, and asks again anyway.
func (s *Server) answerFeed(c *gin.Context, read feedReader, after jitsiauth.Position, wait time.Duration) (jitsiauth.Position, error) {
	ctx, stop := context.WithCancel(c.Request.Context())
	defer stop()
	defer context.AfterFunc(stoppingOf(ctx), stop)()
	s.metrics.readers.Inc()
	defer s.metrics.readers.Dec()
	events, next, err := read(ctx, after, wait)
	if errors.Is(err, context.Canceled) { // also where the reader hung up, as Prosody does when it stops
		events, err = nil, nil // next is at least after
	}
	if err == nil && c.Request.Context().Err() == nil {
		err = s.stillAllowed(c.Request.Context())
	}
	if err != nil {
		return next, err
	}
	return next, writeJSON(c, http.StatusOK, jsonType, wireFeed(events, next))
}

// stoppingKey is where HTTPServer keeps a context that ends when the server is
// told to stop.
type stoppingKey struct{}

// parseWait reads "25s" or "25".
func parseWait(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	wait, err := time.ParseDuration(text)
	if seconds, failed := strconv.ParseUint(text, 10, 8); failed == nil {
		wait, err = time.Duration(seconds)*time.Second, nil //nolint:gosec // 8 bits
	}
	if err != nil || wait < 0 || wait > maxWait {
		return 0, &jitsiauth.InvalidError{Field: "wait", Rule: "must be a time from 0s to 55s"}
	}
	return wait, nil
}

// prolong moves the connection's deadlines, which are the same for all routes,
// for a request that takes longer. The one for reading too: while an answer is
// waited for, net/http reads on to notice a caller who hangs up, and takes the
// end of that deadline for one. What has no such deadlines needs none moved.
func prolong(c *gin.Context, timeout time.Duration) {
	control := http.NewResponseController(c.Writer)
	_ = control.SetReadDeadline(time.Now().Add(timeout + readTimeout))
	_ = control.SetWriteDeadline(time.Now().Add(timeout + readTimeout))
}

func wireFeed(events []jitsiauth.Event, next jitsiauth.Position) api.Feed {
	feed := api.Feed{Changes: make([]api.FeedChange, 0, len(events)), Position: next.String()}
	for _, e := range events {
		change := api.FeedChange{
			Position: e.Position.String(), At: e.At, Action: string(e.Action), ID: e.ID.String(), JID: e.JID.String(),
			Fields: append([]string{}, e.Fields...),
		}
		if e.State != "" {
			change.State = new(string(e.State))
			change.CredentialRevision, change.SessionRevision = new(e.CredentialRevision), new(e.SessionRevision)
		}
		feed.Changes = append(feed.Changes, change)
	}
	return feed
}

// showAccounts tells Prosody of the accounts whose sessions it holds, where the
// feed can't tell it what happened to them.
func (s *Server) showAccounts(c *gin.Context) error {
	var question api.AccountsRequest
	if err := bind(c, &question, maxBody); err != nil {
		return err
	}
	ids := make([]jitsiauth.ID, 0, len(question.IDs))
	for _, text := range question.IDs {
		id, err := jitsiauth.ParseID(text)
		if err != nil {
			return &jitsiauth.InvalidError{Field: "ids", Rule: "must be 1 to 1000 IDs of accounts"}
		}
		ids = append(ids, id)
	}
	standings, head, err := s.svc.Standings(c.Request.Context(), question.Domain, ids)
	if err != nil {
		return err
	}
	answer := api.AccountsAnswer{Accounts: make([]api.AccountStanding, 0, len(standings)), Position: head.String()}
	for _, a := range standings {
		answer.Accounts = append(answer.Accounts, api.AccountStanding{
			ID: a.ID.String(), JID: a.JID.String(), State: string(a.State),
			CredentialRevision: a.CredentialRevision, SessionRevision: a.SessionRevision,
		})
	}
	return writeJSON(c, http.StatusOK, jsonType, answer)
}
