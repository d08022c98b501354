package authsvc

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/jitsiauth"
)

// sureView is what the pages show that ask before they do something: whom it
// hits.
type sureView struct {
	jitsiauth.User
	Own bool
}

// sure shows a page that asks. Who may not do it anyway is told so now.
func (s *Server) sure(c *gin.Context, name string) error {
	u, err := s.subject(c)
	if err != nil {
		return err
	}
	if !s.mayChange(c, &u) {
		return jitsiauth.ErrForbidden
	}
	return s.page(c, http.StatusOK, name, sureView{User: u, Own: u.ID == personOf(c).user.ID})
}

func (s *Server) deletePage(c *gin.Context) error { return s.sure(c, "user_delete.html") }

// removeUser deletes by ID: what was shown is what goes, even if the name was
// given out again meanwhile.
func (s *Server) removeUser(c *gin.Context) error {
	u, err := s.subject(c)
	if err != nil {
		return err
	}
	if err := s.svc.Delete(c.Request.Context(), u.ID); err != nil {
		return err
	}
	s.notice(c, "done", "users.done.deleted", u.JID.String())
	return s.seeOther(c, usersPath)
}
