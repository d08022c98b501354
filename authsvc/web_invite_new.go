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

// newInviteView is what invite_new.html shows.
type newInviteView struct {
	Form    *web.Form
	Domains []string // to choose from; one: no choice
	Lives   []endChoice
	Ends    endsView
}

func (s *Server) newInvitePage(c *gin.Context) error {
	f := web.NewForm(nil)
	f.Set("uses", "1")
	return s.showNewInvite(c, http.StatusOK, f)
}

func (s *Server) showNewInvite(c *gin.Context, status int, f *web.Form) error {
	return s.page(c, status, "invite_new.html", newInviteView{Form: f, Domains: s.svc.Domains(), Lives: s.lives(f), Ends: s.ends(f, endNone)})
}

// makeInvite makes a link. The answer is the page with the link itself: see makeUser.
func (s *Server) makeInvite(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	wanted, err := s.wantedInvite(c, f)
	if err != nil {
		return err
	}
	if f.OK() {
		link, secret, err := s.svc.CreateInvite(c.Request.Context(), wanted)
		switch {
		case err == nil:
			return s.showLinkOnce(c, &link, secret)
		case errors.Is(err, jitsiauth.ErrTooManyLinks):
			f.Problem = s.say(c, "error.too_many_links")
		case !s.refuse(c, f, err):
			return err
		}
	}
	return s.showNewInvite(c, http.StatusUnprocessableEntity, f)
}

// wantedInvite reads the form, and puts beside its fields what can be said of
// them already.
func (s *Server) wantedInvite(c *gin.Context, f *web.Form) (jitsiauth.NewInvite, error) {
	n := jitsiauth.NewInvite{Domain: f.Get("domain"), Note: text(f, "note")}
	var errs [4]error
	if n.Uses, errs[0] = strconv.Atoi(text(f, "uses")); errs[0] != nil || n.Uses == 0 { // which the domain takes for 1
		errs[0] = &jitsiauth.InvalidError{Field: "uses", Rule: "must be 1 to " + strconv.Itoa(jitsiauth.MaxInviteUses)}
	}
	n.ExpiresAt, errs[1] = s.readLife(f)
	n.ValidFrom, errs[2] = s.moment("valid_from", text(f, "valid_from"), false)
	n.ValidUntil, errs[3] = s.readEnd(f)
	for _, err := range errs {
		if err != nil && !s.refuse(c, f, err) {
			return n, err
		}
	}
	return n, nil
}

// lifeDays is how long a link is good, by what a form chooses; endDate: until the
// date beside it.
var lifeDays = map[string]int{"day": 1, "days": 7, "month": monthDays}

// lives offers how long a link is to be good, with what DefaultInviteLife is chosen
// to begin with.
func (s *Server) lives(f *web.Form) []endChoice {
	chosen, choices := f.Get("life"), []endChoice{}
	if chosen == "" {
		chosen = "days"
	}
	for _, value := range []string{"day", "days", "month", endDate} {
		choice := endChoice{Value: value, Checked: value == chosen}
		if days, ok := lifeDays[value]; ok {
			choice.At = s.opts.Now().AddDate(0, 0, days)
		}
		choices = append(choices, choice)
	}
	return choices
}

// readLife returns the end of a link that a form chose; see readEnd.
func (s *Server) readLife(f *web.Form) (time.Time, error) {
	choice, date := f.Get("life"), text(f, "life_date")
	days, known := lifeDays[choice]
	switch {
	case known && date != "":
		return time.Time{}, &jitsiauth.InvalidError{Field: "expires_at", Rule: ruleTwoEnds}
	case known:
		return s.opts.Now().AddDate(0, 0, days), nil
	case choice != endDate || date == "":
		return time.Time{}, &jitsiauth.InvalidError{Field: "expires_at", Rule: "must be given"}
	}
	return jitsiauth.ParseMoment("expires_at", date, true, s.opts.Timezone)
}
