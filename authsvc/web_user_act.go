package authsvc

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/jitsiauth"
)

// act does something to the account that the address names, says so on its page,
// and goes back there. The domain decides whether it may be done.
func (s *Server) act(c *gin.Context, said string, do func(*jitsiauth.User) error) error {
	u, err := s.subject(c)
	if err != nil {
		return err
	}
	if err := do(&u); err != nil {
		return err
	}
	s.notice(c, "done", said)
	return s.seeOther(c, accountPath(&u))
}

func (s *Server) disableUser(c *gin.Context) error {
	return s.act(c, "users.done.disabled", func(u *jitsiauth.User) error {
		_, err := s.svc.Disable(c.Request.Context(), u.ID)
		return err
	})
}

func (s *Server) enableUser(c *gin.Context) error {
	return s.act(c, "users.done.enabled", func(u *jitsiauth.User) error {
		_, err := s.svc.Enable(c.Request.Context(), u.ID)
		return err
	})
}

func (s *Server) endUserSessions(c *gin.Context) error {
	return s.act(c, "users.done.ended", func(u *jitsiauth.User) error {
		_, err := s.svc.EndSessions(c.Request.Context(), u.ID)
		return err
	})
}

func (s *Server) letUserTry(c *gin.Context) error {
	return s.act(c, "users.done.unthrottled", func(u *jitsiauth.User) error {
		return s.svc.ClearThrottle(c.Request.Context(), u.ID)
	})
}

// extendUser gives an account another end. It asks for no revision: whoever
// chooses an end means that one, whatever was there.
func (s *Server) extendUser(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	u, err := s.subject(c)
	if err != nil {
		return err
	}
	end, err := s.readEnd(f)
	if err == nil {
		_, err = s.svc.Update(c.Request.Context(), u.ID, jitsiauth.UserChange{ValidUntil: &end})
	}
	switch {
	case err == nil:
		s.notice(c, "done", "base.saved")
		return s.seeOther(c, accountPath(&u))
	case !s.refuse(c, f, err):
		return err
	}
	return s.showAccount(c, http.StatusUnprocessableEntity, &u, f)
}
