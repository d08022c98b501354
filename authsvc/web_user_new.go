package authsvc

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// newUserView is what user_new.html shows.
type newUserView struct {
	Form    *web.Form
	Domains []string // to choose from; one: no choice
	Ends    endsView
}

func (s *Server) newUserPage(c *gin.Context) error {
	return s.showNewUser(c, http.StatusOK, web.NewForm(nil))
}

func (s *Server) showNewUser(c *gin.Context, status int, f *web.Form) error {
	return s.page(c, status, "user_new.html", newUserView{Form: f, Domains: s.svc.Domains(), Ends: s.ends(f, endNone)})
}

// makeUser adds an account. The answer is the page with the password itself, and
// no redirect to one: a page that could be opened again would show it again.
func (s *Server) makeUser(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	wanted, err := s.wantedUser(c, f)
	if err != nil {
		return err
	}
	var user jitsiauth.User
	if f.OK() {
		user, err = s.svc.Create(c.Request.Context(), wanted)
		switch {
		case err == nil:
			return s.showOnce(c, "users.once.added", &user, wanted.Password)
		case errors.Is(err, jitsiauth.ErrExists):
			f.Refuse("username", s.say(c, "users.new.taken", wanted.JID.String()))
		case !s.refuse(c, f, err, "jid", "username", "domain", "username"):
			return err
		}
	}
	return s.showNewUser(c, http.StatusUnprocessableEntity, f)
}

// wantedUser reads the form, and puts beside its fields what can be said of them
// already. An empty password means one that is generated.
func (s *Server) wantedUser(c *gin.Context, f *web.Form) (jitsiauth.NewUser, error) {
	n := jitsiauth.NewUser{Password: f.Get("password"), DisplayName: text(f, "display_name"), Email: text(f, "email"), Note: text(f, "note")}
	var err error
	if n.JID, err = s.typedJID(f); err != nil && !s.refuse(c, f, err, "jid", "username", "domain", "username") {
		return n, err
	}
	if n.ValidUntil, err = s.readEnd(f); err != nil && !s.refuse(c, f, err) {
		return n, err
	}
	if n.Password == "" {
		n.Password, err = s.svc.GeneratePassword()
		return n, err
	}
	return n, nil
}

// typedJID takes a name with its domain, too.
func (s *Server) typedJID(f *web.Form) (jitsiauth.JID, error) {
	name, domain := text(f, "username"), f.Get("domain")
	switch {
	case strings.Contains(name, "@"):
		return jitsiauth.ParseJID(name)
	case domain == "":
		domain = s.svc.Domains()[0]
	}
	return jitsiauth.NewJID(name, domain)
}

// text returns a field as it is meant: without blanks around it, and with the
// line ends that the domain takes (a form sends others).
func text(f *web.Form, name string) string {
	return strings.TrimSpace(strings.ReplaceAll(f.Get(name), "\r\n", "\n"))
}
