package authsvc

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// maxSeveral bounds how many accounts are changed at once: each is a transaction
// of its own, and all must be done before the answer is late.
const maxSeveral = 100

// severalView is what users_several.html shows: what came of it for each account,
// or what is wrong with the form.
type severalView struct {
	Form    *web.Form
	Chosen  []string // IDs, to send the form again
	Ends    endsView
	Results []severalResult
}

// severalResult is one account's; Text says why, where it is not OK.
type severalResult struct {
	jitsiauth.User
	OK   bool
	Text string
}

// shownOnce: see onceView. Results have no address either.
func (severalView) shownOnce() {}

// severalPage is for who comes back to the address of the form.
func (s *Server) severalPage(c *gin.Context) error { return s.seeOther(c, usersPath) }

// changeSeveral disables the accounts that were chosen in the list, or gives them
// another end. Each is tried, whatever becomes of the others. To do it twice is to
// do it once, so the answer is the page itself.
func (s *Server) changeSeveral(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	chosen := slices.Compact(slices.Sorted(slices.Values(f.All("user"))))
	ids, err := readIDs(chosen)
	if err != nil {
		return err
	}
	change, err := s.severalChange(f)
	if err != nil && !s.refuse(c, f, err) {
		return err
	}
	switch {
	case len(ids) == 0:
		f.Problem = s.say(c, "users.several.none")
	case len(ids) > maxSeveral:
		f.Problem = s.say(c, "users.several.too_many", maxSeveral)
	}
	if !f.OK() {
		return s.page(c, http.StatusUnprocessableEntity, "users_several.html", severalView{Form: f, Chosen: chosen, Ends: s.ends(f, "")})
	}
	view := severalView{Form: f}
	for _, id := range ids {
		view.Results = append(view.Results, s.changeOne(c, id, change))
	}
	return s.page(c, http.StatusOK, "users_several.html", view)
}

func readIDs(texts []string) ([]jitsiauth.ID, error) {
	ids := make([]jitsiauth.ID, 0, len(texts))
	for _, text := range texts {
		id, err := jitsiauth.ParseID(text)
		if err != nil {
			return nil, malformed("The form names accounts that are none.")
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// severalChange is what the pressed button means.
func (s *Server) severalChange(f *web.Form) (jitsiauth.UserChange, error) {
	switch f.Get("do") {
	case "disable":
		return jitsiauth.UserChange{Disabled: new(true)}, nil
	case "extend":
		end, err := s.readEnd(f)
		return jitsiauth.UserChange{ValidUntil: new(end)}, err
	}
	return jitsiauth.UserChange{}, malformed("The form lacks what to do.")
}

// changeOne leaves out the reader's own account, which is easily among all that
// were ticked, and would be out.
func (s *Server) changeOne(c *gin.Context, id jitsiauth.ID, change jitsiauth.UserChange) severalResult {
	u, err := s.svc.Get(c.Request.Context(), id)
	if err != nil {
		return severalResult{User: jitsiauth.User{ID: id}, Text: s.whyNot(c, err)}
	}
	if u.ID == personOf(c).user.ID && change.Disabled != nil {
		return severalResult{User: u, Text: s.say(c, "users.several.own")}
	}
	changed, err := s.svc.Update(c.Request.Context(), id, change)
	if err != nil {
		return severalResult{User: u, Text: s.whyNot(c, err)}
	}
	return severalResult{User: changed, OK: true, Text: s.becameOf(c, &changed, change.ValidUntil)}
}

func (s *Server) becameOf(c *gin.Context, u *jitsiauth.User, end *time.Time) string {
	switch {
	case end == nil:
		return s.say(c, "users.several.disabled")
	case end.IsZero():
		return s.say(c, "users.end.none")
	}
	return s.look.Until(s.pageLanguage(c.Request), u.ValidUntil)
}

// whyNot says in words why one of several was not changed. A failure is no reason
// that lies in the account, and is logged.
func (s *Server) whyNot(c *gin.Context, err error) string {
	invalid, ok := errors.AsType[*jitsiauth.InvalidError](err)
	switch {
	case ok:
		return web.Rule(s.pageLanguage(c.Request), invalid.Rule)
	case errors.Is(err, jitsiauth.ErrForbidden):
		return s.say(c, "users.several.forbidden")
	case errors.Is(err, jitsiauth.ErrNotFound):
		return s.say(c, "users.several.gone")
	}
	s.logFailure(c, s.explain(c.Request.Context(), err), err)
	return s.say(c, "users.several.failed")
}
