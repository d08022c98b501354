package authsvc

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// nowView is what now.html shows: who is in, as far as Prosodys report it.
type nowView struct {
	At       time.Time // when it was so
	Reported bool      // of any domain; otherwise nothing is known
	Silent   []string  // domains of which nothing is known
	Accounts int       // how many are in
	Sessions int       // with how many sessions
	People   []nowPerson
	Others   int // how many accounts are left out, those who came first
}

// nowPerson is an account that is in.
type nowPerson struct {
	ID, JID  string // JID is empty where the account is gone
	Name     string
	Role     jitsiauth.Role
	May      bool // the reader may change it, and so sees where it is
	Sessions []api.Session
	Others   int // how many of them are left out, the oldest
}

// nowPage shows who is in. It does not refresh itself: that would keep the
// reader logged in for ever.
func (s *Server) nowPage(c *gin.Context) error {
	now := s.opts.Now()
	all := s.sessions.everybody(now)
	view := nowView{
		At: now, Reported: len(all.domains) > 0, Accounts: all.accounts, Sessions: all.sessions, Others: all.accounts - len(all.shown),
	}
	for _, domain := range s.svc.Domains() {
		if !all.domains[domain] {
			view.Silent = append(view.Silent, domain)
		}
	}
	for _, a := range all.shown {
		p, err := s.personIn(c, &a)
		if err != nil {
			return err
		}
		view.People = append(view.People, p)
	}
	slices.SortStableFunc(view.People, func(x, y nowPerson) int { return cmp.Compare(x.JID, y.JID) })
	return s.page(c, http.StatusOK, "now.html", view)
}

// personIn tells of an account with more rights than the reader's what the list
// of accounts tells, and that it is in.
func (s *Server) personIn(c *gin.Context, a *crowdAccount) (nowPerson, error) {
	p := nowPerson{ID: a.id.String()}
	u, err := s.svc.Get(c.Request.Context(), a.id)
	switch {
	case errors.Is(err, jitsiauth.ErrNotFound):
		// It is being told to leave. Whose it was, and with which rights, is not
		// known any more.
		if personOf(c).user.Role != jitsiauth.RoleAdmin {
			return p, nil
		}
	case err != nil:
		return p, err
	default:
		p.JID, p.Name, p.Role, p.May = u.JID.String(), u.DisplayName, u.Role, s.mayChange(c, &u)
		if !p.May {
			return p, nil
		}
	}
	p.Sessions, p.Others = a.sessions, a.count-len(a.sessions)
	return p, nil
}
