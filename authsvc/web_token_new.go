package authsvc

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// newTokenView is what token_new.html shows.
type newTokenView struct {
	Form    *web.Form
	Scopes  []choice
	Domains []choice // to hold the token to; one domain: no choice
	Ends    endsView
}

// choice is one of several, such as a box to tick.
type choice struct {
	Value   string
	Says    string // a key
	Checked bool
}

// tokenOnceView is what token_once.html shows: a secret that nobody sees again.
type tokenOnceView struct {
	tokenView
	Secret string
	File   string // where to put it
	Server string // an address of the API, for an example
}

// exampleServer is where the service listens unless it is told otherwise.
const exampleServer = "http://127.0.0.1:8090"

// shownOnce is as that of onceView.
func (tokenOnceView) shownOnce() {}

func (s *Server) newTokenPage(c *gin.Context) error {
	return s.showNewToken(c, http.StatusOK, web.NewForm(nil))
}

func (s *Server) showNewToken(c *gin.Context, status int, f *web.Form) error {
	view := newTokenView{
		Form: f, Ends: s.endsOf(f, "", endNone, endMonth, endYear, endDate),
	}
	for _, scope := range []jitsiauth.Scope{jitsiauth.ScopeUsersRead, jitsiauth.ScopeUsersWrite, jitsiauth.ScopeAdmin, jitsiauth.ScopeAuth} {
		view.Scopes = append(view.Scopes, choice{Value: string(scope), Says: scopeKey(scope), Checked: slices.Contains(f.All("scope"), string(scope))})
	}
	if domains := s.svc.Domains(); len(domains) > 1 {
		for _, domain := range domains {
			view.Domains = append(view.Domains, choice{Value: domain, Checked: slices.Contains(f.All("domain"), domain)})
		}
	}
	return s.page(c, status, "token_new.html", view)
}

// makeToken answers with the page that has the secret, as makeUser does.
func (s *Server) makeToken(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	n := jitsiauth.NewToken{Name: text(f, "name"), Domains: f.All("domain")}
	for _, scope := range f.All("scope") {
		n.Scopes = append(n.Scopes, jitsiauth.Scope(scope))
	}
	if n.ExpiresAt, err = s.readEnd(f); err != nil && !s.refuse(c, f, err) {
		return err
	}
	if f.OK() {
		t, secret, err := s.svc.CreateToken(c.Request.Context(), n)
		switch {
		case err == nil:
			return s.page(c, http.StatusOK, "token_once.html", tokenOnceView{
				tokenView: s.tokenViewOf(&t), Secret: secret, File: tokenFileName(t.Name), Server: exampleServer,
			})
		case errors.Is(err, jitsiauth.ErrExists):
			f.Refuse("name", s.say(c, "tokens.taken", n.Name))
		case !s.refuse(c, f, err, "expires_at", "valid_until"):
			return err
		}
	}
	return s.showNewToken(c, http.StatusUnprocessableEntity, f)
}
