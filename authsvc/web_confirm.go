package authsvc

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// confirmPage asks again for the password, before a page with sudo. That way a
// browser that was left alone gives nobody what matters most.
func (s *Server) confirmPage(c *gin.Context) error {
	return s.page(c, http.StatusOK, "confirm.html", loginView{Form: web.NewForm(nil), Next: s.ownPage(c.Query("next"))})
}

func (s *Server) confirm(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	next := s.ownPage(f.Get("next"))
	_, told, err := s.tryOwnPassword(c, f.Get("password"), "login.confirm.wrong")
	if err != nil {
		return err
	}
	if told.text != "" {
		f.Problem = told.text
		return s.page(c, told.status, "confirm.html", loginView{Form: f, Next: next})
	}
	now := s.opts.Now()
	s.web.change(personOf(c).key, func(w *webSession) { w.typed = now })
	return s.seeOther(c, next)
}

// tryOwnPassword is tryPassword for who is logged in.
func (s *Server) tryOwnPassword(c *gin.Context, password, wrong string) (jitsiauth.User, refusal, error) {
	jid := personOf(c).user.JID
	return s.tryPassword(c, jitsiauth.Attempt{Username: jid.Local(), Domain: jid.Domain(), Password: password}, wrong)
}
