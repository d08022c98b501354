package authsvc

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

const usersPath = "/accounts/users"

// usersLimit bounds what a page of the list has, all of which can be chosen: see
// maxSeveral.
const usersLimit = 50

// stateNoPassword is a state of the list alone: accounts that nobody can log in to
// before they get a password, as some imports leave them.
const stateNoPassword jitsiauth.State = "no_password"

// usersView is what users.html shows.
type usersView struct {
	Form         *web.Form // q, state
	States       []jitsiauth.State
	Users        []listedUser
	Ends         endsView
	Next, First  string // addresses; empty: there is none
	Filtered     bool
	Several      bool // there is somebody to choose
	ChosenStates jitsiauth.State
	Waiting      *waitingView // who has to wait, in place of Users
}

// listedUser is a line of the list.
type listedUser struct {
	jitsiauth.User
	State jitsiauth.State
	May   bool // the reader may change it
}

// usersPage lists accounts, a page at a time: the domain's cursor goes on behind
// a name, so that a million accounts page as fast as ten.
func (s *Server) usersPage(c *gin.Context) error {
	values := c.Request.URL.Query()
	q := jitsiauth.ListQuery{Text: strings.TrimSpace(values.Get("q")), State: jitsiauth.State(values.Get("state")), Limit: usersLimit}
	var err error
	if q.After, err = readCursor(values.Get("cursor")); err != nil {
		return err
	}
	if q.State == stateThrottled {
		return s.waitingPage(c, &q)
	}
	asked := q
	if q.State == stateNoPassword {
		asked.State, asked.PasswordKind = "", jitsiauth.PasswordNone
	}
	page, err := s.svc.List(c.Request.Context(), asked)
	if err != nil {
		return err
	}
	view := usersView{
		Form:     web.NewForm(url.Values{"q": {q.Text}, "state": {string(q.State)}}),
		States:   listStates,
		Filtered: q.Text != "" || q.State != "", ChosenStates: q.State,
	}
	view.Ends = s.ends(web.NewForm(nil), "")
	for _, u := range page.Users {
		listed := listedUser{User: u, State: u.StateAt(s.opts.Now()), May: s.mayChange(c, &u)}
		view.Several = view.Several || listed.May
		view.Users = append(view.Users, listed)
	}
	if page.More {
		view.Next = listAddress(&q, page.Next)
	}
	if !q.After.IsZero() {
		view.First = listAddress(&q, jitsiauth.JID{})
	}
	return s.page(c, http.StatusOK, "users.html", view)
}

// listAddress is that of the same list behind a name.
func listAddress(q *jitsiauth.ListQuery, after jitsiauth.JID) string {
	values := url.Values{}
	for name, value := range map[string]string{"q": q.Text, "state": string(q.State)} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if !after.IsZero() {
		values.Set("cursor", base64.RawURLEncoding.EncodeToString([]byte(after.String())))
	}
	if len(values) == 0 {
		return usersPath
	}
	return usersPath + "?" + values.Encode()
}

// mayChange reports whether to offer the reader to change the account. What
// counts is the domain's answer when they do.
func (s *Server) mayChange(c *gin.Context, u *jitsiauth.User) bool {
	role := personOf(c).user.Role
	return role.Covers(jitsiauth.RoleManager) && role.Covers(u.Role)
}
