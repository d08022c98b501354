package authsvc

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// linkView is what link.html and linkdone.html show.
type linkView struct {
	Form  *web.Form
	Offer jitsiauth.LinkOffer
	JID   string // of the account, once it is there
	Jitsi string // where meetings are; empty: not known
	Later bool   // the account can't be used before Offer.ValidFrom
}

// linkPage shows what a link offers. To open it spends nothing, as programs that
// look through mail open links, too.
func (s *Server) linkPage(c *gin.Context) error {
	offer, err := s.svc.LookUpLink(c.Request.Context(), c.Param("secret"))
	if err != nil {
		return s.linkProblem(c, err)
	}
	return s.showLink(c, http.StatusOK, web.NewForm(nil), offer)
}

func (s *Server) showLink(c *gin.Context, status int, f *web.Form, offer jitsiauth.LinkOffer) error {
	return s.page(c, status, "link.html", linkView{Form: f, Offer: offer, JID: jidText(offer.JID, "")})
}

// linkProblem says alike of every link that can't be spent that a new one is needed.
func (s *Server) linkProblem(c *gin.Context, err error) error {
	if errors.Is(err, jitsiauth.ErrNotFound) {
		return s.page(c, http.StatusNotFound, "linkgone.html", nil)
	}
	return err
}

// spendLink makes the account, or sets the password, that a link is for.
func (s *Server) spendLink(c *gin.Context) error {
	offer, err := s.svc.LookUpLink(c.Request.Context(), c.Param("secret"))
	if err != nil {
		return s.linkProblem(c, err)
	}
	f, err := s.form(c)
	if err != nil {
		return err
	}
	if s.checkLinkForm(c, f, offer.Kind); !f.OK() {
		return s.showLink(c, http.StatusUnprocessableEntity, f, offer)
	}
	user, err := s.spend(c.Request.Context(), offer.Kind, c.Param("secret"), f)
	switch {
	case err == nil:
		view := linkView{Offer: offer, JID: user.JID.String(), Jitsi: s.opts.PublicURL, Later: offer.ValidFrom.After(s.opts.Now())}
		return s.page(c, http.StatusOK, "linkdone.html", view)
	case errors.Is(err, jitsiauth.ErrExists):
		f.Refuse("name", s.say(c, "link.taken"))
	case !s.refuse(c, f, err, "username", "name", "jid", "name", "password", "new"):
		return s.linkProblem(c, err)
	}
	return s.showLink(c, http.StatusUnprocessableEntity, f, offer)
}

func (s *Server) checkLinkForm(c *gin.Context, f *web.Form, kind jitsiauth.LinkKind) {
	names := []string{"name", "new", "again"}
	if kind == jitsiauth.LinkReset {
		names = names[1:]
	}
	for _, name := range names {
		if f.Get(name) == "" {
			f.Refuse(name, web.Rule(s.pageLanguage(c.Request), "must not be empty"))
		}
	}
	if f.Get("new") != f.Get("again") {
		f.Refuse("again", s.say(c, "password.differ"))
	}
}

func (s *Server) spend(ctx context.Context, kind jitsiauth.LinkKind, secret string, f *web.Form) (jitsiauth.User, error) {
	password := jitsiauth.NewPassword{Password: f.Get("new")}
	switch kind {
	case jitsiauth.LinkReset:
		return s.svc.SpendReset(ctx, secret, password)
	case jitsiauth.LinkAdmin:
		return s.svc.SpendAdmin(ctx, secret, f.Get("name"), password)
	default:
		return s.svc.SpendInvite(ctx, secret, f.Get("name"), password)
	}
}
