package authsvc

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// reportSessions hears from a Prosody who is in. What it said counts as long as
// it follows the feed under the same name; see sessionBook.
func (s *Server) reportSessions(c *gin.Context) error {
	var body reportBody
	if err := bind(c, &body, maxReportBody); err != nil {
		return err
	}
	report, err := body.read()
	if err != nil {
		return err
	}
	domain, err := s.svc.ServedDomain(c.Request.Context(), body.Domain)
	if errors.Is(err, jitsiauth.ErrUnknownDomain) {
		s.logUnknownDomain(c, "report of sessions", body.Domain)
	}
	if err != nil {
		return err
	}
	report.from = instanceKey{follower{c.GetString(callerKey{}), body.Instance}, domain}
	did := s.sessions.put(report, s.opts.Now())
	if did.unknown {
		return &httpError{
			status: http.StatusConflict, code: api.CodeSessionsUnknown, field: "first",
			detail: "Nothing is known of the sessions of this instance. Send them all, the first ones with first.",
		}
	}
	s.logReport(c, did, report)
	return writeJSON(c, http.StatusOK, jsonType, struct{}{})
}

// logReport says what was left out, which shows nowhere else.
func (s *Server) logReport(c *gin.Context, did outcome, r *sessionReport) {
	about := []slog.Attr{
		slog.String("domain", r.from.domain), slog.String("instance", r.from.name), slog.String("caller", r.from.caller),
		slog.String("request_id", requestID(c)),
	}
	if did.full {
		s.log.LogAttrs(c.Request.Context(), slog.LevelWarn, "more sessions are reported than are kept; the rest is not shown",
			append(about, slog.Int("most", api.MaxInstanceSessions), slog.Int("most_bytes", maxSessionBytes))...)
	}
	if did.gaveWay {
		s.log.LogAttrs(c.Request.Context(), slog.LevelWarn, "more instances of Prosody report sessions than are kept; the one not heard of for longest is forgotten",
			append(about, slog.Int("most", maxInstances))...)
	}
}

// showSessions tells where somebody is in.
func (s *Server) showSessions(c *gin.Context) error {
	user, err := s.refUser(c)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, jsonType, s.sessions.ofAccount(user.JID.Domain(), user.ID, s.opts.Now()))
}

// endSessions tells somebody to leave; they may come back.
func (s *Server) endSessions(c *gin.Context) error {
	user, err := s.refUser(c)
	if err != nil {
		return err
	}
	if _, err := s.svc.EndSessions(c.Request.Context(), user.ID); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}
