package authsvc

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// stateThrottled is a state of the list alone: accounts at which somebody has to
// wait. An account has another state beside it.
const stateThrottled jitsiauth.State = "throttled"

// listStates are those that the list can be held to.
var listStates = []jitsiauth.State{
	jitsiauth.StateActive, jitsiauth.StateDisabled, jitsiauth.StateNotYetValid, jitsiauth.StateExpired, stateThrottled, stateNoPassword,
}

// maxWaiting and maxSlowSources bound the list of who has to wait: under an attack
// it holds tens of thousands.
const (
	maxWaiting      = 200
	maxWaitingFrom  = 5 // addresses of each account
	maxSlowSources  = 100
	maxWaitingAsked = jitsiauth.MaxScan // accounts looked at for a text
)

// waitingView is the part of users.html about who has to wait.
type waitingView struct {
	Accounts []waitingAccount
	More     bool // there may be others
	Admin    bool
	Sources  []slowedSource // for administrators: addresses that have to wait
	Others   int            // how many of those are left out
}

type waitingAccount struct {
	jitsiauth.User
	State  jitsiauth.State
	Slowed slowedView
	Others int // how many addresses are left out
}

// waitingPage is the list of accounts at which somebody has to wait. It has no
// pages: it changes by the second.
func (s *Server) waitingPage(c *gin.Context, q *jitsiauth.ListQuery) error {
	view := usersView{
		Form:   web.NewForm(url.Values{"q": {q.Text}, "state": {string(q.State)}}),
		States: listStates, Filtered: true, ChosenStates: q.State,
	}
	var err error
	if view.Waiting, err = s.waiting(c, q.Text); err != nil {
		return err
	}
	return s.page(c, http.StatusOK, "users.html", view)
}

func (s *Server) waiting(c *gin.Context, text string) (*waitingView, error) {
	limit := maxWaiting
	if text != "" {
		limit = maxWaitingAsked
	}
	all, more, err := s.svc.Waiting(c.Request.Context(), limit)
	if err != nil {
		return nil, err
	}
	view := &waitingView{More: more, Admin: personOf(c).user.Role == jitsiauth.RoleAdmin}
	wanted := jitsiauth.ListQuery{Text: text}
	for _, w := range all {
		if !wanted.Match(&w.User) {
			continue
		}
		if len(view.Accounts) == maxWaiting {
			view.More = true
			break
		}
		one := waitingAccount{User: w.User, State: w.User.StateAt(s.opts.Now()), Others: max(0, len(w.Sources)-maxWaitingFrom)}
		one.Slowed = s.slowedOf(c, &jitsiauth.AccountThrottle{StrangersWait: w.StrangersWait, Sources: w.Sources[:len(w.Sources)-one.Others]})
		view.Accounts = append(view.Accounts, one)
	}
	if !view.Admin {
		return view, nil
	}
	return view, s.addSources(c, view)
}

// addSources adds the addresses that have to wait, which the domain shows to
// administrators alone: they may be anybody's.
func (s *Server) addSources(c *gin.Context, view *waitingView) error {
	slowed, err := s.svc.Throttles(c.Request.Context())
	if err != nil {
		return err
	}
	view.Others = max(0, len(slowed.Sources)-maxSlowSources)
	view.Sources = s.slowedOf(c, &jitsiauth.AccountThrottle{Sources: slowed.Sources[:len(slowed.Sources)-view.Others]}).Sources
	return nil
}

// letSourceTry clears an address. The domain decides who may, and logs it.
func (s *Server) letSourceTry(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	source, _ := netip.ParseAddr(strings.TrimSpace(f.Get("source"))) // an invalid one is refused by its rule
	if err := s.svc.ClearSource(c.Request.Context(), source); err != nil {
		return err
	}
	s.notice(c, "done", "throttle.done", source.String())
	return s.seeOther(c, usersPath+"?state="+string(stateThrottled))
}
