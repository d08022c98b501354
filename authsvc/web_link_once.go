package authsvc

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// linkOnceView is what link_once.html shows: a link that nobody sees again.
type linkOnceView struct {
	jitsiauth.Link
	Address  string
	Warning  string // a key; empty: nothing to warn of
	QR       *web.QR
	Messages []message
}

// shownOnce is that of onceView.
func (linkOnceView) shownOnce() {}

// showLinkOnce answers to the making of a link, as showOnce does of a password.
func (s *Server) showLinkOnce(c *gin.Context, l *jitsiauth.Link, secret string) error {
	view := linkOnceView{Link: *l}
	view.Address, view.Warning = s.linkAddress(c.Request, secret)
	view.QR = linkCode(view.Address, view.Warning)
	view.Messages = messages(func(lang string) string { return s.linkMessage(lang, l, view.Address) })
	return s.page(c, http.StatusOK, "link_once.html", view)
}

// linkMessage is in the language of who gets it, whichever the reader has.
func (s *Server) linkMessage(lang string, l *jitsiauth.Link, address string) string {
	say := func(key string, args ...any) string { return web.Text(lang, key, args...) }
	if strings.HasPrefix(address, LinkPath) {
		address = say("users.send.no_address") + address
	}
	var lines []string
	if l.Kind == jitsiauth.LinkReset {
		lines = []string{say("links.send.reset", s.loginName(l.JID)), "", address, ""}
	} else {
		lines = []string{say("links.send.invite"), "", address, ""}
	}
	lines = append(lines, say("links.send.expires", s.look.Until(lang, l.ExpiresAt)))
	if l.Uses > 1 {
		lines = append(lines, say("links.send.uses", l.Uses))
	} else {
		lines = append(lines, say("links.send.once"))
	}
	if !l.ValidFrom.IsZero() {
		lines = append(lines, say("links.send.valid_from", s.look.When(lang, l.ValidFrom)))
	}
	if !l.ValidUntil.IsZero() {
		lines = append(lines, say("links.send.valid_until", s.look.Until(lang, l.ValidUntil)))
	}
	if l.Uses == 1 {
		lines = append(lines, "", say("links.send.end"))
	}
	return strings.Join(lines, "\n")
}
