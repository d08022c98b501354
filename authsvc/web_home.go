package authsvc

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// homeLogins is how many logins the first page shows.
const homeLogins = 10

// homeView is what home.html shows: one's own account, and who uses it.
type homeView struct {
	jitsiauth.User
	Jitsi  api.UserSessions
	Web    []webView
	Logins []api.Login
}

// webView is a web session in a list.
type webView struct {
	webSession
	This   bool // the one that the page is opened in
	Source string
	Proxy  bool
}

func (s *Server) homePage(c *gin.Context) error {
	who, now := personOf(c), s.opts.Now()
	logins, err := s.svc.LoginLog(c.Request.Context(), jitsiauth.LogQuery{ID: who.user.ID, Limit: homeLogins})
	if err != nil {
		return err
	}
	view := homeView{
		User: who.user, Jitsi: s.sessions.ofAccount(who.user.JID.Domain(), who.user.ID, now), Logins: wireAll(logins.Entries, wireLogin),
	}
	for _, w := range s.web.ofAccount(&who.user, now) {
		view.Web = append(view.Web, webView{webSession: w, This: w.ID == who.session.ID, Source: addrText(w.source), Proxy: s.trusts(w.source)})
	}
	return s.page(c, http.StatusOK, "home.html", view)
}

// endOwnSessions ends all that one has at Jitsi, and all other web sessions.
func (s *Server) endOwnSessions(c *gin.Context) error {
	who := personOf(c)
	user, err := s.svc.EndSessions(c.Request.Context(), who.user.ID)
	if err != nil {
		return err
	}
	s.web.change(who.key, func(w *webSession) {
		if user.SessionRevision == w.session+1 { // otherwise somebody else ended them, too, and meant this one
			w.session = user.SessionRevision
		}
	})
	s.notice(c, "done", "home.ended_all")
	return s.seeOther(c, pagesPath)
}

func (s *Server) endWebSession(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	said := "home.web.gone"
	if s.web.endOne(personOf(c).user.ID, f.Get("session")) {
		said = "home.web.ended"
	}
	s.notice(c, "done", said)
	return s.seeOther(c, pagesPath)
}
