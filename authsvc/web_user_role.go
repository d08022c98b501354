package authsvc

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// roleView is what user_role.html shows.
type roleView struct {
	sureView
	Roles []jitsiauth.Role
}

func (s *Server) rolePage(c *gin.Context) error {
	u, err := s.subject(c)
	if err != nil {
		return err
	}
	return s.page(c, http.StatusOK, "user_role.html", roleView{
		sureView: sureView{User: u, Own: u.ID == personOf(c).user.ID},
		Roles:    []jitsiauth.Role{jitsiauth.RoleUser, jitsiauth.RoleManager, jitsiauth.RoleAdmin},
	})
}

// setRole gives an account other rights. The page offers the roles there are;
// another one can't have come from it.
func (s *Server) setRole(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	return s.act(c, "users.done.role", func(u *jitsiauth.User) error { return s.changeRole(c, u, f) })
}

func (s *Server) changeRole(c *gin.Context, u *jitsiauth.User, f *web.Form) error {
	role := jitsiauth.Role(f.Get("role"))
	_, err := s.svc.Update(c.Request.Context(), u.ID, jitsiauth.UserChange{Role: &role})
	return err
}
