package authsvc

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/jitsiauth"
)

// SetStall changes how long a long answer waits for its reader.
func (s *Server) SetStall(d time.Duration) { s.stall = d }

// SetHanging sets how many handlers hang that were answered for.
func (s *Server) SetHanging(n int64) { s.hanging.Store(n) }

// Routes returns "METHOD path" of all for programs that gin has registered.
func (s *Server) Routes() []string {
	return slices.DeleteFunc(s.allRoutes(), func(route string) bool { return strings.Contains(route, " "+pagesPath) })
}

// PageRoutes returns "METHOD path" of all for browsers.
func (s *Server) PageRoutes() []string {
	return slices.DeleteFunc(s.allRoutes(), func(route string) bool { return !strings.Contains(route, " "+pagesPath) })
}

func (s *Server) allRoutes() []string {
	var routes []string
	for _, r := range s.engine.Routes() {
		routes = append(routes, r.Method+" "+r.Path)
	}
	return routes
}

// AddPages adds pages that the tests need: for a role, and with sudo.
func (s *Server) AddPages() {
	show := func(c *gin.Context) error {
		return s.page(c, http.StatusOK, "error.html", errorView{Text: "shown to " + personOf(c).user.JID.Local()})
	}
	s.pageRoutes = []page{
		{method: http.MethodGet, path: "/accounts/test/manager", role: jitsiauth.RoleManager, handler: show, nav: "base.save"},
		{method: http.MethodGet, path: "/accounts/test/sudo/:ref", role: jitsiauth.RoleUser, handler: show, sudo: true},
		{method: http.MethodPost, path: "/accounts/test/sudo/:ref", role: jitsiauth.RoleUser, handler: show, sudo: true},
	}
	for _, p := range s.pageRoutes {
		s.engine.Handle(p.method, p.path, s.handle(func(c *gin.Context) error { return s.openPage(c, &p) }))
	}
	s.pageRoutes = append(s.pageRoutes, s.pages()...)
}

// AddHangingPage adds /accounts/test/hangs, which is answered for after a moment and
// comes back with what the function returns.
func (s *Server) AddHangingPage(back func()) {
	hang := func(c *gin.Context) error {
		back()
		return s.page(c, http.StatusOK, "error.html", errorView{Text: "too late"})
	}
	s.engine.Handle(http.MethodGet, "/accounts/test/hangs", s.limitTime(time.Millisecond), s.handle(hang))
}

// AddLatePasswords adds /accounts/test/late, where the passwords of an import are
// loaded too late: somebody else has answered when the function returns.
func (s *Server) AddLatePasswords(back func()) {
	p := page{role: jitsiauth.RoleManager, handler: s.importPasswords}
	s.engine.Handle(http.MethodPost, "/accounts/test/late", s.limitTime(time.Millisecond), s.handle(func(c *gin.Context) error {
		back()
		c.Request = c.Request.WithContext(context.WithoutCancel(c.Request.Context())) // as if only then it had hung
		return s.openPage(c, &p)
	}))
}

// FillWeb lets as many strangers be logged in as may be, each a moment later, and
// returns how many there are and how to ask whether the first one still is.
func (s *Server) FillWeb() (count func() int, first func() bool) {
	now := s.opts.Now()
	s.web.all = map[webKey]*webSession{}
	for i := range maxWeb {
		at := now.Add(time.Duration(i) * time.Millisecond)
		s.web.all[webKey{byte(i >> 8), byte(i)}] = &webSession{account: jitsiauth.ID{1, byte(i >> 8), byte(i)}, Began: at, Seen: at}
	}
	return func() int { return len(s.web.all) }, func() bool { return s.web.all[webKey{}] != nil }
}

// AgentName is what a browser is called in a list.
var AgentName = agentName

// OpenAPIJSON returns what /openapi.json sends.
func OpenAPIJSON() ([]byte, error) { return openAPIJSON() }

// CountTime is how long a scrape counts accounts.
const CountTime = countTime

// TableHas reports whether the table of decisions holds the error itself.
func TableHas(err error) bool {
	for _, d := range decisions {
		if errors.Is(d.err, err) {
			return true
		}
	}
	return false
}

// Stranger is a LocalListener whose callers come as those that ListenSocket
// does not trust.
type Stranger struct{ *LocalListener }

// Accept implements net.Listener.
func (l Stranger) Accept() (net.Conn, error) {
	conn, err := l.LocalListener.Accept()
	if from, ok := conn.(*peerConn); ok {
		from.peer = peer{uid: 4242}
	}
	return conn, err
}

// ActionKey and ScopeKey are the texts of what stands in logs and tokens.
var (
	ActionKey = actionKey
	ScopeKey  = scopeKey
)

// Bounds of who is in, and of who has to wait, on pages.
const (
	MaxCrowd         = maxCrowd
	MaxCrowdSessions = maxCrowdSessions
)

// Uploads is how many files are kept that somebody uploaded.
func (s *Server) Uploads() int {
	s.imports.mu.Lock()
	defer s.imports.mu.Unlock()
	return len(s.imports.jobs)
}

// Working is how many places of imports and exports are taken.
func (s *Server) Working() int {
	s.bulk.mu.Lock()
	defer s.bulk.mu.Unlock()
	return s.bulk.all
}
