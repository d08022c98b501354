package authsvc

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

const (
	logPath  = "/accounts/log"
	logLimit = 50
)

// logView is what log.html shows: one of the two logs.
type logView struct {
	Form        *web.Form // user, since, until, action or result
	Kind        string    // kindChanges, kindLogins
	Changes     []loggedChange
	Logins      []loggedLogin
	Actions     []choice
	Results     []jitsiauth.LoginResult
	Next, First string // addresses; empty: there is none
	Filtered    bool
	Whose       string // the JID of the account that was asked for by its ID
}

// loggedChange is a line of the log of changes.
type loggedChange struct {
	api.Change
	Did   string // a key
	About string // what it is about, in words that go before or instead of a name: a key, or empty
	Page  string // of the account, if it is there yet
}

// loggedLogin is a line of the log of logins.
type loggedLogin struct {
	api.Login
	Page string
}

// logFields are what a query of the page can hold, besides kind and cursor.
var logFields = map[string][]string{
	kindChanges: {"user", "action", "since", "until"},
	kindLogins:  {"user", "result", "since", "until"},
}

// logPage shows a log, newest entry first, a page at a time.
func (s *Server) logPage(c *gin.Context) error {
	values := c.Request.URL.Query()
	view := logView{Kind: values.Get("kind"), Form: web.NewForm(nil), Results: jitsiauth.LoginResults()}
	for _, action := range jitsiauth.Actions() {
		view.Actions = append(view.Actions, choice{Value: string(action), Says: actionKey(string(action)), Checked: string(action) == values.Get("action")})
	}
	if view.Kind != kindLogins {
		view.Kind = kindChanges
	}
	params := map[string]string{"cursor": values.Get("cursor")}
	for _, name := range logFields[view.Kind] {
		if value := strings.TrimSpace(values.Get(name)); value != "" {
			params[name], view.Filtered = value, true
			view.Form.Set(name, value)
		}
	}
	query, err := s.pageLogQuery(view.Kind, params)
	if err == nil {
		err = s.fillLog(c, &view, query)
	}
	switch {
	case err == nil:
		return s.page(c, http.StatusOK, "log.html", view)
	case !s.refuse(c, view.Form, err):
		return err
	}
	return s.page(c, http.StatusUnprocessableEntity, "log.html", view)
}

// pageLogQuery is logQuery, which takes an empty text for one that is wrong.
func (s *Server) pageLogQuery(kind string, params map[string]string) (jitsiauth.LogQuery, error) {
	query, err := s.logQuery(kind, params)
	query.Limit = logLimit
	return query, err
}

// fillLog reads the entries. Those of accounts that are there yet lead to their
// pages.
func (s *Server) fillLog(c *gin.Context, view *logView, q jitsiauth.LogQuery) error {
	pages := accountPages{s: s, c: c, known: map[string]string{}}
	if !q.ID.IsZero() {
		_ = pages.of(q.ID.String())
		view.Whose = pages.name
	}
	var next uint64
	var more bool
	if view.Kind == kindLogins {
		page, err := s.svc.LoginLog(c.Request.Context(), q)
		if err != nil {
			return err
		}
		for _, l := range wireAll(page.Entries, wireLogin) {
			view.Logins = append(view.Logins, loggedLogin{Login: l, Page: pages.of(l.ID)})
		}
		next, more = page.Next, page.More
	} else {
		page, err := s.svc.ChangeLog(c.Request.Context(), q)
		if err != nil {
			return err
		}
		for _, change := range wireAll(page.Entries, wireChange) {
			view.Changes = append(view.Changes, s.logged(change, &pages))
		}
		next, more = page.Next, page.More
	}
	if more {
		view.Next = logAddress(view, logCursor(view.Kind, next, more))
	}
	if q.Before != 0 {
		view.First = logAddress(view, "")
	}
	return pages.err
}

// logged finds out what an entry is about: of an account the subject is its ID, of
// what concerns a link or a token it is theirs.
func (s *Server) logged(change api.Change, pages *accountPages) loggedChange {
	line := loggedChange{Change: change, Did: actionKey(change.Action)}
	switch {
	case strings.HasPrefix(change.Action, "user."), change.Action == string(jitsiauth.ThrottleCleared) && change.JID != "":
		line.Page = pages.of(change.ID)
	case strings.HasPrefix(change.Action, "link."):
		line.About = "log.link." + change.Name
		line.Name = change.ID // by which it is found again among others
	case strings.HasPrefix(change.Action, "token."):
		line.About = "log.token"
	}
	return line
}

// actionKey is the text of an action.
func actionKey(action string) string { return "log.did." + strings.ReplaceAll(action, ".", "_") }

// logAddress is that of the same log behind a place.
func logAddress(view *logView, cursor string) string {
	values := url.Values{"kind": {view.Kind}}
	for _, name := range logFields[view.Kind] {
		if value := view.Form.Get(name); value != "" {
			values.Set(name, value)
		}
	}
	if cursor != "" {
		values.Set("cursor", cursor)
	}
	return logPath + "?" + values.Encode()
}

// accountPages finds the pages of accounts by their IDs, each once.
type accountPages struct {
	s     *Server
	c     *gin.Context
	known map[string]string
	name  string // the JID of the account that was found last
	err   error  // the first failure
}

// of returns the address of an account's page; empty if there is no such account.
func (p *accountPages) of(id string) string {
	address, asked := p.known[id]
	if asked || id == "" || p.err != nil {
		return address
	}
	parsed, err := jitsiauth.ParseID(id)
	if err != nil {
		p.err = err
		return ""
	}
	u, err := p.s.svc.Get(p.c.Request.Context(), parsed)
	switch {
	case err == nil:
		address, p.name = accountPath(&u), u.JID.String()
	case !errors.Is(err, jitsiauth.ErrNotFound):
		p.err = err
	}
	p.known[id] = address
	return address
}
