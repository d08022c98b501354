package authsvc

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/jitsiauth"
)

// revokeView is what link_revoke.html shows.
type revokeView struct {
	shownLink
	Back string // where to go if not
}

// endLinkPage asks before a link is revoked. Who may not anyway is told so now.
func (s *Server) endLinkPage(c *gin.Context) error {
	l, err := s.linkSubject(c)
	if errors.Is(err, jitsiauth.ErrNotFound) {
		return s.linkIsGone(c)
	}
	if err != nil {
		return err
	}
	if l.Kind == jitsiauth.LinkReset && !personOf(c).user.Role.Covers(l.Role) {
		return jitsiauth.ErrForbidden
	}
	back, err := s.listOf(c, l)
	if err != nil {
		return err
	}
	return s.page(c, http.StatusOK, "link_revoke.html", revokeView{shownLink: *l, Back: back})
}

// endLink ends a link. One that is gone is what was wanted.
func (s *Server) endLink(c *gin.Context) error {
	l, err := s.linkSubject(c)
	back := ""
	if err == nil {
		back, err = s.listOf(c, l) // first, so that who reads of a failure knows that nothing was done
	}
	if err == nil {
		err = s.svc.RevokeLink(c.Request.Context(), l.ID)
	}
	if errors.Is(err, jitsiauth.ErrNotFound) {
		return s.linkIsGone(c)
	}
	if err != nil {
		return err
	}
	s.notice(c, "done", "links.revoked")
	return s.seeOther(c, back)
}

func (s *Server) linkIsGone(c *gin.Context) error {
	s.notice(c, "done", "links.gone")
	return s.seeOther(c, invitesPath)
}

// linkSubject is the link that the page's address names, or ErrNotFound. The address
// has its ID, with which nobody can use it.
func (s *Server) linkSubject(c *gin.Context) (*shownLink, error) {
	id, err := jitsiauth.ParseID(c.Param("ref"))
	if err != nil {
		return nil, jitsiauth.ErrNotFound
	}
	links, err := s.shownLinks(c, nil)
	if err != nil {
		return nil, err
	}
	for i := range links {
		if links[i].ID == id {
			return &links[i], nil
		}
	}
	return nil, jitsiauth.ErrNotFound
}

// listOf is where the link is listed: with its account, if that is still there.
func (s *Server) listOf(c *gin.Context, l *shownLink) (string, error) {
	if l.Kind != jitsiauth.LinkReset {
		return invitesPath, nil
	}
	u, err := s.svc.Get(c.Request.Context(), l.Account)
	switch {
	case err == nil:
		return accountPath(&u), nil
	case errors.Is(err, jitsiauth.ErrNotFound):
		return invitesPath, nil
	}
	return "", err
}
