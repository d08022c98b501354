package authsvc

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// LinkPath is where a link is opened; its secret follows.
const LinkPath = "/accounts/link/"

// The kinds of links that the addresses are about.
var (
	inviteKinds = []jitsiauth.LinkKind{jitsiauth.LinkInvite, jitsiauth.LinkAdmin}
	resetKinds  = []jitsiauth.LinkKind{jitsiauth.LinkReset}
)

func (s *Server) listInvites(c *gin.Context) error    { return s.listLinks(c, inviteKinds) }
func (s *Server) listResetLinks(c *gin.Context) error { return s.listLinks(c, resetKinds) }

func (s *Server) listLinks(c *gin.Context, kinds []jitsiauth.LinkKind) error {
	if _, err := queryParams(c.Request); err != nil {
		return err
	}
	links, err := s.svc.ListLinks(c.Request.Context(), kinds...)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, jsonType, api.LinkList{Links: wireAll(links, wireLink)})
}

func (s *Server) revokeInvite(c *gin.Context) error    { return s.revokeLink(c, inviteKinds) }
func (s *Server) revokeResetLink(c *gin.Context) error { return s.revokeLink(c, resetKinds) }

func (s *Server) revokeLink(c *gin.Context, kinds []jitsiauth.LinkKind) error {
	ref, err := pathRef(c)
	if err != nil {
		return err
	}
	id, err := jitsiauth.ParseID(ref)
	if err != nil {
		return err
	}
	if err := s.svc.RevokeLink(c.Request.Context(), id, kinds...); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (s *Server) createInvite(c *gin.Context) error {
	var body api.NewInvite
	if err := bind(c, &body, maxBody); err != nil {
		return err
	}
	wanted, err := s.newInvite(&body)
	if err != nil {
		return err
	}
	link, secret, err := s.svc.CreateInvite(c.Request.Context(), wanted)
	if err != nil {
		return err
	}
	return s.writeLink(c, "/api/v1/invites/", link, secret)
}

func (s *Server) newInvite(body *api.NewInvite) (wanted jitsiauth.NewInvite, err error) {
	wanted = jitsiauth.NewInvite{Domain: body.Domain, Uses: body.Uses, Note: body.Note}
	switch most := int(jitsiauth.MaxInviteLife / (24 * time.Hour)); {
	case body.Days != 0 && body.ExpiresAt != "":
		return wanted, &jitsiauth.InvalidError{Field: "days", Rule: "must not be given together with expires_at"}
	case body.Days < 0 || body.Days > most:
		return wanted, &jitsiauth.InvalidError{Field: "days", Rule: "must be 1 to 90"}
	case body.Days != 0:
		wanted.ExpiresAt = s.opts.Now().AddDate(0, 0, body.Days)
	default:
		if wanted.ExpiresAt, err = s.moment("expires_at", body.ExpiresAt, true); err != nil {
			return wanted, err
		}
	}
	if wanted.ValidFrom, err = s.moment("valid_from", body.ValidFrom, false); err != nil {
		return wanted, err
	}
	wanted.ValidUntil, err = s.moment("valid_until", body.ValidUntil, true)
	return wanted, err
}

func (s *Server) createAdminLink(c *gin.Context) error {
	var body api.NewAdminLink
	if err := bind(c, &body, maxBody); err != nil {
		return err
	}
	link, secret, err := s.svc.CreateAdminLink(c.Request.Context(), body.Domain)
	if err != nil {
		return err
	}
	return s.writeLink(c, "/api/v1/invites/", link, secret)
}

func (s *Server) createResetLink(c *gin.Context) error {
	var body api.NewResetLink
	if err := bind(c, &body, maxBody); err != nil {
		return err
	}
	// Here and not only in the domain: hours can be more than a Duration holds.
	if most := int(jitsiauth.MaxResetLife / time.Hour); body.Hours < 0 || body.Hours > most {
		return &jitsiauth.InvalidError{Field: "hours", Rule: "must be 1 to 24"}
	}
	user, err := s.userByRef(c.Request.Context(), body.User)
	if err != nil {
		return err
	}
	link, secret, err := s.svc.CreateResetLink(c.Request.Context(), user.ID, time.Duration(body.Hours)*time.Hour)
	if err != nil {
		return err
	}
	return s.writeLink(c, "/api/v1/reset-links/", link, secret)
}

// writeLink answers with a link that was just made, which is active.
func (s *Server) writeLink(c *gin.Context, collection string, link jitsiauth.Link, secret string) error {
	made := api.CreatedLink{
		Link:   wireLink(&jitsiauth.ListedLink{Link: link, State: jitsiauth.LinkActive}),
		Secret: secret, Path: LinkPath + secret,
	}
	if s.opts.PagesURL != "" {
		made.URL = s.opts.PagesURL + made.Path
	}
	c.Header("Location", collection+link.ID.String())
	return writeJSON(c, http.StatusCreated, jsonType, made)
}

func wireLink(l *jitsiauth.ListedLink) api.Link {
	wire := api.Link{
		ID: l.ID.String(), Kind: string(l.Kind), State: string(l.State), Domain: l.Domain, JID: jidText(l.JID, ""),
		Uses: l.Uses, Left: l.Left, ValidFrom: l.ValidFrom, ValidUntil: l.ValidUntil, Note: l.Note,
		CreatedAt: l.CreatedAt, ExpiresAt: l.ExpiresAt, Actor: string(l.Actor), ActorName: l.ActorName,
	}
	if !l.Account.IsZero() {
		wire.UserID = l.Account.String()
	}
	return wire
}
