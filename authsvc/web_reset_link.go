package authsvc

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// resetHours are how long a link for a password can be good; the last one is
// chosen to begin with, as elsewhere.
var resetHours = []int{1, 8, 24}

// resetLinkView is what reset_link.html shows.
type resetLinkView struct {
	jitsiauth.User
	Form  *web.Form
	Hours []hoursChoice
	Own   bool
}

type hoursChoice struct {
	Hours   int
	At      time.Time
	Checked bool
}

func (s *Server) resetLinkPage(c *gin.Context) error {
	u, err := s.resetSubject(c)
	if err != nil {
		return err
	}
	return s.showResetLink(c, http.StatusOK, &u, web.NewForm(nil))
}

// resetSubject tells who may not change the account so before anything else.
func (s *Server) resetSubject(c *gin.Context) (jitsiauth.User, error) {
	u, err := s.subject(c)
	if err == nil && !s.mayChange(c, &u) {
		err = jitsiauth.ErrForbidden
	}
	return u, err
}

func (s *Server) showResetLink(c *gin.Context, status int, u *jitsiauth.User, f *web.Form) error {
	view := resetLinkView{User: *u, Form: f, Own: u.ID == personOf(c).user.ID}
	chosen := f.Get("hours")
	if chosen == "" {
		chosen = strconv.Itoa(resetHours[len(resetHours)-1])
	}
	for _, hours := range resetHours {
		view.Hours = append(view.Hours, hoursChoice{
			Hours: hours, At: s.opts.Now().Add(time.Duration(hours) * time.Hour), Checked: strconv.Itoa(hours) == chosen,
		})
	}
	return s.page(c, status, "reset_link.html", view)
}

// makeResetLink makes a link. The answer is the page with the link itself: see
// makeUser.
func (s *Server) makeResetLink(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	u, err := s.resetSubject(c)
	if err != nil {
		return err
	}
	hours, err := strconv.Atoi(f.Get("hours"))
	if err != nil || !slices.Contains(resetHours, hours) {
		f.Refuse("hours", web.Rule(s.pageLanguage(c.Request), "must be given"))
		return s.showResetLink(c, http.StatusUnprocessableEntity, &u, f)
	}
	link, secret, err := s.svc.CreateResetLink(c.Request.Context(), u.ID, time.Duration(hours)*time.Hour)
	switch {
	case err == nil:
		return s.showLinkOnce(c, &link, secret)
	case errors.Is(err, jitsiauth.ErrTooManyLinks):
		f.Problem = s.say(c, "error.too_many_links")
	case u.Disabled && errors.Is(err, jitsiauth.ErrInvalid):
		f.Problem = s.say(c, "links.reset.disabled")
	default:
		return err
	}
	return s.showResetLink(c, http.StatusUnprocessableEntity, &u, f)
}

// resetLinksOf are those for the account's password that can be used.
func (s *Server) resetLinksOf(c *gin.Context, account jitsiauth.ID) ([]shownLink, error) {
	links, err := s.shownLinks(c, resetKinds)
	return slices.DeleteFunc(links, func(l shownLink) bool { return l.Account != account || unusable(l) }), err
}
