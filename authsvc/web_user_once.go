package authsvc

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// onceView is what user_once.html shows: a password that nobody sees again.
type onceView struct {
	jitsiauth.User
	Said     string // a key
	State    jitsiauth.State
	Password string
	Messages []message
}

// message is a text to send to the person, ready.
type message struct {
	Lang, Text string
	Lines      int
}

// spareLines are for those that a phone breaks.
const spareLines = 4

// shownOnce marks what must not be left by the switch of languages, which would
// come back to another page.
func (onceView) shownOnce() {}

// showOnce answers to the change itself. The page has no address that shows it
// again, and is kept nowhere.
func (s *Server) showOnce(c *gin.Context, said string, u *jitsiauth.User, password string) error {
	return s.page(c, http.StatusOK, "user_once.html", onceView{
		User: *u, Said: said, State: u.StateAt(s.opts.Now()), Password: password,
		Messages: messages(func(lang string) string { return s.messageFor(lang, u, password) }),
	})
}

// messages are a text in each language.
func messages(textIn func(lang string) string) (all []message) {
	for _, lang := range web.Languages {
		text := textIn(lang)
		all = append(all, message{Lang: lang, Text: text, Lines: strings.Count(text, "\n") + spareLines})
	}
	return all
}

// messageFor is in the language of who gets it, whichever the reader has.
func (s *Server) messageFor(lang string, u *jitsiauth.User, password string) string {
	jitsi := s.opts.PublicURL
	if jitsi == "" {
		jitsi = web.Text(lang, "users.send.no_address")
	}
	lines := []string{
		web.Text(lang, "users.send.begin"), "",
		web.Text(lang, "users.send.address", jitsi),
		web.Text(lang, "users.send.id", s.loginName(u.JID)),
		web.Text(lang, "users.send.password", password),
	}
	if !u.ValidUntil.IsZero() {
		lines = append(lines, web.Text(lang, "users.send.until", s.look.Until(lang, u.ValidUntil)))
	}
	return strings.Join(append(lines, "", web.Text(lang, "users.send.end")), "\n")
}

// loginName is what somebody types at Jitsi, which adds the default domain itself.
func (s *Server) loginName(jid jitsiauth.JID) string {
	if jid.Domain() == s.svc.Domains()[0] {
		return jid.Local()
	}
	return jid.String()
}
