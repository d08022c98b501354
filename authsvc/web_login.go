package authsvc

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// transportWeb is what the log of logins calls the pages.
const transportWeb = "web"

// loginView is what login.html and confirm.html show.
type loginView struct {
	Form *web.Form
	Next string // where to go then
	Said string
}

func (s *Server) loginPage(c *gin.Context) error {
	if personOf(c) != nil {
		return s.seeOther(c, pagesPath)
	}
	view := loginView{Form: web.NewForm(nil), Next: s.ownPage(c.Query("next"))}
	switch c.Query("said") {
	case "out":
		view.Said = s.say(c, "login.said.out")
	case "ended":
		view.Said = s.say(c, "login.said.ended")
	}
	return s.page(c, http.StatusOK, "login.html", view)
}

// sendToLogin is for a page that needs somebody who is logged in.
func (s *Server) sendToLogin(c *gin.Context) error {
	address := "/accounts/login" + nextQuery(s.formOf(c))
	if s.cookie(c.Request, sessionCookie) != "" {
		s.setCookie(c.Writer, c.Request, sessionCookie, "", -1)
		address = "/accounts/login?said=ended" + strings.Replace(nextQuery(s.formOf(c)), "?", "&", 1)
	}
	return s.seeOther(c, address)
}

func (s *Server) logIn(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	name, domain, _ := strings.Cut(strings.TrimSpace(f.Get("name")), "@")
	user, told, err := s.tryPassword(c, jitsiauth.Attempt{Username: name, Domain: domain, Password: f.Get("password")}, "login.wrong")
	if err != nil {
		return err
	}
	next := s.ownPage(f.Get("next"))
	if told.text != "" {
		f.Problem = told.text
		return s.page(c, told.status, "login.html", loginView{Form: f, Next: next})
	}
	if err := s.startSession(c, &user); err != nil {
		return err
	}
	return s.seeOther(c, next)
}

// refusal is what somebody is told whose password did not help.
type refusal struct {
	status int
	text   string
}

// tryPassword asks the domain whether a password is right, by the same throttle
// as Prosody's logins and into the same log. An error is a failure; everything
// else that is no yes is said in words, of which wrong is the key where the
// password is wrong.
func (s *Server) tryPassword(c *gin.Context, a jitsiauth.Attempt, wrong string) (jitsiauth.User, refusal, error) {
	a.Transport = transportWeb
	a.Source = s.sourceOf(c.Request)
	a.Proxy = s.trusts(a.Source) // it didn't say whom it speaks for
	user, result, err := s.decide(c, a)
	switch {
	case result == api.ResultOK:
		return user, refusal{}, nil
	case result == api.ResultBadCredentials, errors.Is(err, jitsiauth.ErrUnknownDomain):
		return user, refusal{http.StatusUnprocessableEntity, s.say(c, wrong)}, nil
	case err == nil: // the password was right
		return user, refusal{http.StatusUnprocessableEntity, s.say(c, "login."+string(result))}, nil
	case errors.Is(err, jitsiauth.ErrOverloaded):
		c.Header("Retry-After", retryAfter)
		return user, refusal{http.StatusServiceUnavailable, s.say(c, "login.overloaded")}, nil
	}
	slow, ok := errors.AsType[*jitsiauth.ThrottledError](err)
	if !ok {
		return user, refusal{}, err
	}
	header := headerOf(err, http.StatusTooManyRequests)
	c.Header(header[0], header[1])
	return user, refusal{http.StatusTooManyRequests, s.say(c, "login.throttled", s.wait(c, slow.RetryAfter))}, nil
}

func (s *Server) logOut(c *gin.Context) error {
	if who := personOf(c); who != nil {
		s.web.end(who.key)
	}
	s.setCookie(c.Writer, c.Request, sessionCookie, "", -1)
	return s.seeOther(c, "/accounts/login?said=out")
}
