package authsvc

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// accountView is what user.html shows.
type accountView struct {
	jitsiauth.User
	State jitsiauth.State
	Own   bool // the reader's
	May   bool // the reader may change it
	Admin bool // the reader is an administrator
	Ends  endsView

	Jitsi  api.UserSessions
	Logins []api.Login
	Slowed slowedView
	Resets []shownLink // see web_reset_link.go
}

// slowedView says who has to wait before they try to log in again.
type slowedView struct {
	Strangers string // how long; empty: they need not
	Sources   []slowedSource
}

type slowedSource struct {
	Source   string
	Attempts int
	Wait     string
	By       jitsiauth.ThrottledBy // which rule makes it wait; empty: none
}

// subject is the account that the page's address names.
func (s *Server) subject(c *gin.Context) (jitsiauth.User, error) {
	ref, err := pathRef(c)
	if err != nil {
		return jitsiauth.User{}, err
	}
	id, err := jitsiauth.ParseID(ref)
	if err != nil { // pages link by ID alone: a name may be somebody else's tomorrow
		return jitsiauth.User{}, jitsiauth.ErrNotFound
	}
	return s.svc.Get(c.Request.Context(), id)
}

// accountPath is the address of an account's page.
func accountPath(u *jitsiauth.User) string { return usersPath + "/" + u.ID.String() }

func (s *Server) userPage(c *gin.Context) error {
	u, err := s.subject(c)
	if err != nil {
		return err
	}
	return s.showAccount(c, http.StatusOK, &u, web.NewForm(nil))
}

// showAccount shows little of an account with more rights than the reader's: what
// the list says of it, and that the reader can't change it.
func (s *Server) showAccount(c *gin.Context, status int, u *jitsiauth.User, f *web.Form) error {
	now, who := s.opts.Now(), personOf(c)
	view := accountView{
		User: *u, State: u.StateAt(now), Own: u.ID == who.user.ID, May: s.mayChange(c, u),
		Admin: who.user.Role == jitsiauth.RoleAdmin, Ends: s.ends(f, ""),
	}
	if view.May {
		view.Jitsi = s.sessions.ofAccount(u.JID.Domain(), u.ID, now)
		var err error
		if view.Resets, err = s.resetLinksOf(c, u.ID); err != nil {
			return err
		}
		if err := s.addHistory(c, &view); err != nil {
			return err
		}
	}
	return s.page(c, status, "user.html", view)
}

// addHistory adds what the throttle and the log of logins hold. The domain keeps
// the log of others from all but administrators.
func (s *Server) addHistory(c *gin.Context, view *accountView) error {
	slowed, err := s.svc.Throttle(c.Request.Context(), view.ID)
	if err != nil {
		return err
	}
	view.Slowed = s.slowedOf(c, &slowed)
	if !view.Admin && !view.Own {
		return nil
	}
	logins, err := s.svc.LoginLog(c.Request.Context(), jitsiauth.LogQuery{ID: view.ID, Limit: homeLogins})
	view.Logins = wireAll(logins.Entries, wireLogin)
	return err
}

func (s *Server) slowedOf(c *gin.Context, t *jitsiauth.AccountThrottle) (view slowedView) {
	if t.StrangersWait > 0 {
		view.Strangers = s.wait(c, t.StrangersWait)
	}
	for _, one := range t.Sources {
		shown := slowedSource{Source: one.Source.String(), Attempts: one.Attempts, By: one.By}
		if one.RetryAfter > 0 {
			shown.Wait = s.wait(c, one.RetryAfter)
		}
		view.Sources = append(view.Sources, shown)
	}
	return view
}
