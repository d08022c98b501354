package authsvc

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// errorView is what error.html shows.
type errorView struct {
	Text, More string
	RequestID  string // of a failure
	Home       bool   // there is a way on
}

// writeError answers with the error: a page to browsers, a problem to programs.
func (s *Server) writeError(c *gin.Context, err error) {
	if !isPage(c) || s.writeErrorPage(c, err) != nil {
		s.writeProblem(c, err)
	}
}

func (s *Server) writeErrorPage(c *gin.Context, err error) error {
	e := s.explain(c.Request.Context(), err)
	if e.header[0] != "" && e.status != http.StatusUnauthorized {
		c.Header(e.header[0], e.header[1])
	}
	s.logFailure(c, e, err)
	view := errorView{Text: s.errorText(c, e, err), Home: e.code != codeNotHTTPS}
	if e.code == codeNotHTTPS {
		view.More = s.say(c, "error.not_https.admin")
	}
	if e.status >= http.StatusInternalServerError {
		view.RequestID = requestID(c)
	}
	return s.page(c, e.status, "error.html", view)
}

// errorText looks for what is said of the code, and otherwise of the status.
func (s *Server) errorText(c *gin.Context, e *httpError, err error) string {
	if slow, ok := errors.AsType[*jitsiauth.ThrottledError](err); ok {
		return s.say(c, "error.429", s.wait(c, slow.RetryAfter))
	}
	for _, key := range []string{"error." + string(e.code), "error." + strconv.Itoa(e.status)} {
		if web.Has(key) {
			return s.say(c, key)
		}
	}
	return s.say(c, "error.500")
}

// wait says how long to wait, in whole units that are not too short.
func (s *Server) wait(c *gin.Context, d time.Duration) string {
	up := func(unit time.Duration) int { return max(1, int((d+unit-1)/unit)) }
	switch {
	case d < 2*time.Minute && d%time.Minute != 0 || d < time.Minute:
		return s.say(c, "base.seconds", up(time.Second))
	case d < 2*time.Hour:
		return s.say(c, "base.minutes", up(time.Minute))
	}
	return s.say(c, "base.hours", up(time.Hour))
}
