package authsvc

import (
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

func (s *Server) resetPage(c *gin.Context) error { return s.sure(c, "user_password.html") }

// resetPassword gives an account a password that is made here, and shows it once.
// The form names the password before it: who loads the answer again does not make
// the one useless that they have just passed on.
func (s *Server) resetPassword(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	before, err := revisionIn(f, "credential")
	if err != nil {
		return err
	}
	u, err := s.subject(c)
	if err != nil {
		return err
	}
	password, err := s.svc.GeneratePassword()
	if err != nil {
		return err
	}
	u, err = s.svc.SetPassword(c.Request.Context(), u.ID, jitsiauth.NewPassword{Password: password}, ifCredential(before))
	if err != nil {
		return err
	}
	return s.showOnce(c, "users.once.reset", &u, password)
}

// revisionIn reads a counter that a form carries, unseen.
func revisionIn(f *web.Form, name string) (uint64, error) {
	revision, err := strconv.ParseUint(f.Get(name), 10, 64)
	if err != nil {
		return 0, malformed("The form lacks " + name + ".")
	}
	return revision, nil
}
