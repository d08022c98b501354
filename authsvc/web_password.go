package authsvc

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// passwordView is what password.html shows.
type passwordView struct{ Form *web.Form }

func (s *Server) passwordPage(c *gin.Context) error {
	return s.page(c, http.StatusOK, "password.html", passwordView{web.NewForm(nil)})
}

// changePassword gives oneself another password. The old one is tried last, for
// that takes the throttle's and the processor's time.
func (s *Server) changePassword(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	if s.checkNewPassword(c, f); f.OK() {
		_, told, err := s.tryOwnPassword(c, f.Get("old"), "password.wrong")
		if err != nil {
			return err
		}
		if told.text != "" {
			f.Refuse("old", told.text)
			status = told.status
		}
	}
	if f.OK() {
		done, err := s.setOwnPassword(c, f.Get("new"))
		if err == nil {
			return done()
		}
		if !s.refuse(c, f, err, "password", "new") {
			return err
		}
	}
	return s.page(c, status, "password.html", passwordView{f})
}

// checkNewPassword says what is wrong with the form, as far as nobody else has to
// be asked.
func (s *Server) checkNewPassword(c *gin.Context, f *web.Form) {
	for _, name := range []string{"old", "new", "again"} {
		if f.Get(name) == "" {
			f.Refuse(name, web.Rule(s.pageLanguage(c.Request), "must not be empty"))
		}
	}
	switch {
	case f.Get("new") != f.Get("again"):
		f.Refuse("again", s.say(c, "password.differ"))
	case f.Get("new") == f.Get("old"):
		f.Refuse("new", s.say(c, "password.same"))
	}
}

// setOwnPassword sets it, unless somebody else has set one since the session
// began. That ends all that was logged in with the old one, here and, by the feed,
// at Jitsi; only this session goes on, with another secret.
func (s *Server) setOwnPassword(c *gin.Context, password string) (done func() error, err error) {
	who := personOf(c)
	user, err := s.svc.SetPassword(c.Request.Context(), who.user.ID, jitsiauth.NewPassword{Password: password}, ifCredential(who.session.credential))
	if err != nil {
		return nil, err
	}
	now := s.opts.Now()
	secret := s.web.renew(who.key, func(w *webSession) { w.credential, w.typed = user.CredentialRevision, now })
	return func() error {
		if secret == "" { // it was ended meanwhile
			return s.seeOther(c, "/accounts/login?said=ended")
		}
		s.setCookie(c.Writer, c.Request, sessionCookie, secret, 0)
		who.key = webKeyOf(secret)
		s.notice(c, "done", "password.done")
		return s.seeOther(c, pagesPath)
	}, nil
}

func ifCredential(revision uint64) jitsiauth.Condition {
	return func(u *jitsiauth.User) error {
		if u.CredentialRevision != revision {
			return jitsiauth.ErrRevision
		}
		return nil
	}
}
