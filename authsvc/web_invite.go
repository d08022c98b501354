package authsvc

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/jitsiauth"
)

const invitesPath = "/accounts/invites"

// invitesLimit bounds what a page of the list has. Links that can be used are at
// most jitsiauth.MaxLinks; those that can't stay for a while, however many.
const invitesLimit = 50

// invitesView is what invites.html shows.
type invitesView struct {
	Links       []shownLink // a page of them, the newest first
	Resets      []shownLink // all that can be used
	Domains     bool        // there are several
	Open        bool        // only those that can be used
	Next, First string      // addresses; empty: there is none
}

// shownLink is a link in a list.
type shownLink struct {
	jitsiauth.ListedLink
	By  string // who made it
	May bool   // it may be of use to revoke it, and the reader may
}

func (s *Server) invitesPage(c *gin.Context) error {
	var before jitsiauth.ID
	if cursor := c.Query("before"); cursor != "" {
		var err error
		if before, err = jitsiauth.ParseID(cursor); err != nil {
			return err
		}
	}
	view := invitesView{Domains: len(s.svc.Domains()) > 1, Open: c.Query("open") != ""}
	links, err := s.shownLinks(c, inviteKinds)
	if err != nil {
		return err
	}
	if view.Resets, err = s.shownLinks(c, resetKinds); err != nil {
		return err
	}
	view.Resets = slices.DeleteFunc(view.Resets, unusable)
	view.Links = slices.DeleteFunc(links, func(l shownLink) bool {
		return view.Open && unusable(l) || !before.IsZero() && bytes.Compare(l.ID[:], before[:]) >= 0
	})
	if !before.IsZero() {
		view.First = invitesAddress(view.Open, "")
	}
	if len(view.Links) > invitesLimit {
		view.Links = view.Links[:invitesLimit]
		view.Next = invitesAddress(view.Open, view.Links[invitesLimit-1].ID.String())
	}
	return s.page(c, http.StatusOK, "invites.html", view)
}

func unusable(l shownLink) bool { return l.State != jitsiauth.LinkActive }

// invitesAddress is that of the same list behind a link.
func invitesAddress(open bool, before string) string {
	values := url.Values{}
	if open {
		values.Set("open", "1")
	}
	if before != "" {
		values.Set("before", before)
	}
	if len(values) == 0 {
		return invitesPath
	}
	return invitesPath + "?" + values.Encode()
}

// shownLinks are those that the domain shows the reader, the newest first.
func (s *Server) shownLinks(c *gin.Context, kinds []jitsiauth.LinkKind) ([]shownLink, error) {
	links, err := s.svc.ListLinks(c.Request.Context(), kinds...)
	if err != nil {
		return nil, err
	}
	shown := make([]shownLink, 0, len(links))
	for _, l := range slices.Backward(links) {
		shown = append(shown, shownLink{ListedLink: l, By: s.madeBy(c, &l.Link), May: s.mayRevoke(c, &l)})
	}
	return shown, nil
}

// mayRevoke reports whether to offer it: see mayChange. A link that is void can
// become one that isn't, when its account is enabled again.
func (s *Server) mayRevoke(c *gin.Context, l *jitsiauth.ListedLink) bool {
	role := personOf(c).user.Role
	return (l.State == jitsiauth.LinkActive || l.State == jitsiauth.LinkVoid) && (l.Kind != jitsiauth.LinkReset || role.Covers(l.Role))
}

// madeBy says who made a link. People are called by their ID, which pages show
// everywhere.
func (s *Server) madeBy(c *gin.Context, l *jitsiauth.Link) string {
	switch l.Actor {
	case jitsiauth.ActorPerson:
		return l.ActorName
	case jitsiauth.ActorToken:
		return s.say(c, "links.by.token", l.ActorName)
	case jitsiauth.ActorUID:
		return s.say(c, "links.by.uid", l.ActorName)
	}
	return s.say(c, "links.by.program")
}
