package authsvc

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// editedFields are those of the form, with the keys of their labels.
var editedFields = []struct{ name, label string }{
	{"display_name", "users.display_name"},
	{"email", "users.email"},
	{"note", "users.note"},
	{"valid_from", "home.valid_from"},
	{"valid_until", "users.valid_until"},
}

// editView is what user_edit.html shows.
type editView struct {
	jitsiauth.User
	Form   *web.Form
	Differ []differing // not empty: somebody else was faster
}

// differing is a field of which two people want different things.
type differing struct{ Label, Now, Yours string }

func (s *Server) editPage(c *gin.Context) error {
	u, err := s.subject(c)
	if err != nil {
		return err
	}
	if !s.mayChange(c, &u) {
		return jitsiauth.ErrForbidden
	}
	return s.page(c, http.StatusOK, "user_edit.html", editView{User: u, Form: s.fieldsOf(&u)})
}

// fieldsOf is a form that changes nothing if it is sent as it is.
func (s *Server) fieldsOf(u *jitsiauth.User) *web.Form {
	f := web.NewForm(nil)
	f.Set("display_name", u.DisplayName)
	f.Set("email", u.Email)
	f.Set("note", u.Note)
	f.Set("valid_from", s.momentText(u.ValidFrom, false))
	f.Set("valid_until", s.momentText(u.ValidUntil, true))
	f.Set("revision", strconv.FormatUint(u.Revision, 10))
	return f
}

// editUser changes the account as it was when the form was opened; where somebody
// else changed it meanwhile, it shows what both want.
func (s *Server) editUser(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	revision, err := revisionIn(f, "revision")
	if err != nil {
		return err
	}
	u, err := s.subject(c)
	if err != nil {
		return err
	}
	change, err := s.editedChange(f)
	if err == nil {
		_, err = s.svc.Update(c.Request.Context(), u.ID, change, jitsiauth.IfRevision(revision))
	}
	switch {
	case err == nil:
		s.notice(c, "done", "base.saved")
		return s.seeOther(c, accountPath(&u))
	case errors.Is(err, jitsiauth.ErrRevision):
		return s.showConflict(c, &u, f)
	case !s.refuse(c, f, err):
		return err
	}
	return s.page(c, http.StatusUnprocessableEntity, "user_edit.html", editView{User: u, Form: f})
}

func (s *Server) editedChange(f *web.Form) (change jitsiauth.UserChange, err error) {
	change.DisplayName, change.Email, change.Note = new(text(f, "display_name")), new(text(f, "email")), new(text(f, "note"))
	if change.ValidFrom, err = s.typedMoment(f, "valid_from", false); err != nil {
		return change, err
	}
	change.ValidUntil, err = s.typedMoment(f, "valid_until", true)
	return change, err
}

// typedMoment reads a date that may be empty, which clears it.
func (s *Server) typedMoment(f *web.Form, name string, until bool) (*time.Time, error) {
	at, err := s.moment(name, text(f, name), until)
	return &at, err
}

// showConflict keeps what was typed. Sent once more, the form knows what is there
// now, so that it wins on purpose.
func (s *Server) showConflict(c *gin.Context, u *jitsiauth.User, f *web.Form) error {
	now, view := s.fieldsOf(u), editView{User: *u, Form: f}
	for _, field := range editedFields {
		if is, yours := now.Get(field.name), text(f, field.name); is != yours {
			view.Differ = append(view.Differ, differing{Label: field.label, Now: is, Yours: yours})
		}
	}
	if len(view.Differ) == 0 { // both wanted the same, or the other changed something else
		view.Form = now
	}
	f.Set("revision", now.Get("revision"))
	f.Problem = s.say(c, "users.conflict")
	view.Form.Problem = f.Problem
	return s.page(c, http.StatusConflict, "user_edit.html", view)
}
