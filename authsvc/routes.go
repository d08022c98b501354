package authsvc

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/jitsiauth"
)

// The chain of deadlines of a login, each shorter than the next, so that the
// inner one gives the reason: 2 s of waiting for a free processor (in
// jitsiauth) < loginTimeout here < 5 s (http_auth_timeout in
// lua/mod_auth_http.lua).
const loginTimeout = 4 * time.Second

// apiTimeout is the same for everything else. It is long, because the caller
// is a person or a script that rather waits.
const apiTimeout = 30 * time.Second

// route is one line of the table in doc.go.
type route struct {
	method  string
	path    string
	access  access
	timeout time.Duration
	handler func(*gin.Context) error
}

// access says who may call a route: holders of any one of the scopes. The zero
// value lets nobody in.
type access struct {
	public bool
	scopes []jitsiauth.Scope
}

func (s *Server) routes() []route {
	var (
		anyone  = access{public: true}
		prosody = access{scopes: []jitsiauth.Scope{jitsiauth.ScopeAuth}}
		readers = access{scopes: []jitsiauth.Scope{jitsiauth.ScopeUsersRead, jitsiauth.ScopeUsersWrite, jitsiauth.ScopeAdmin}}
		writers = access{scopes: []jitsiauth.Scope{jitsiauth.ScopeUsersWrite, jitsiauth.ScopeAdmin}}
		admins  = access{scopes: []jitsiauth.Scope{jitsiauth.ScopeAdmin}}
	)
	routes := []route{
		{http.MethodPost, "/auth/verify", prosody, loginTimeout, s.verify},
		{http.MethodGet, "/auth/changes", prosody, feedTimeout, s.waitChanges},
		{http.MethodPost, "/auth/accounts", prosody, apiTimeout, s.showAccounts},
		{http.MethodPost, "/auth/sessions", prosody, apiTimeout, s.reportSessions},

		{http.MethodGet, "/api/v1/users", readers, apiTimeout, s.listUsers},
		{http.MethodPost, "/api/v1/users", writers, apiTimeout, s.createUser},
		{http.MethodGet, "/api/v1/users/:ref", readers, apiTimeout, s.showUser},
		{http.MethodPut, "/api/v1/users/:ref", writers, apiTimeout, s.putUser},
		{http.MethodPatch, "/api/v1/users/:ref", writers, apiTimeout, s.updateUser},
		{http.MethodDelete, "/api/v1/users/:ref", writers, apiTimeout, s.deleteUser},
		{http.MethodPut, "/api/v1/users/:ref/password", writers, apiTimeout, s.setPassword},

		{http.MethodGet, "/api/v1/users/:ref/sessions", readers, apiTimeout, s.showSessions},
		{http.MethodDelete, "/api/v1/users/:ref/sessions", writers, apiTimeout, s.endSessions},
		{http.MethodGet, "/api/v1/users/:ref/throttle", writers, apiTimeout, s.showUserThrottle},
		{http.MethodDelete, "/api/v1/users/:ref/throttle", writers, apiTimeout, s.clearUserThrottle},
		{http.MethodGet, "/api/v1/throttle", admins, apiTimeout, s.showThrottle},
		{http.MethodDelete, "/api/v1/throttle/:ref", admins, apiTimeout, s.clearSource},

		{http.MethodPost, "/api/v1/imports", writers, bulkTimeout, s.importUsers},
		{http.MethodGet, "/api/v1/exports", readers, bulkTimeout, s.exportUsers},

		{http.MethodGet, "/api/v1/invites", writers, apiTimeout, s.listInvites},
		{http.MethodPost, "/api/v1/invites", writers, apiTimeout, s.createInvite},
		{http.MethodDelete, "/api/v1/invites/:ref", writers, apiTimeout, s.revokeInvite},
		{http.MethodPost, "/api/v1/admin-links", admins, apiTimeout, s.createAdminLink},
		{http.MethodGet, "/api/v1/reset-links", writers, apiTimeout, s.listResetLinks},
		{http.MethodPost, "/api/v1/reset-links", writers, apiTimeout, s.createResetLink},
		{http.MethodDelete, "/api/v1/reset-links/:ref", writers, apiTimeout, s.revokeResetLink},

		{http.MethodGet, "/api/v1/tokens", admins, apiTimeout, s.listTokens},
		{http.MethodPost, "/api/v1/tokens", admins, apiTimeout, s.createToken},
		{http.MethodDelete, "/api/v1/tokens/:ref", admins, apiTimeout, s.revokeToken},

		{http.MethodGet, "/api/v1/backup", admins, backupTimeout, s.backup},
		{http.MethodGet, "/api/v1/log", admins, apiTimeout, s.showLog},
		{http.MethodGet, "/api/v1/status", admins, apiTimeout, s.showStatus},

		{http.MethodGet, "/healthz", anyone, healthTimeout, s.alive},
		{http.MethodHead, "/healthz", anyone, healthTimeout, s.alive},
		{http.MethodGet, "/readyz", anyone, healthTimeout, s.ready},
		{http.MethodHead, "/readyz", anyone, healthTimeout, s.ready},
		{http.MethodGet, "/metrics", anyone, healthTimeout, s.sendMetrics},
		{http.MethodGet, "/openapi.json", anyone, apiTimeout, s.openAPI},
	}
	if s.opts.CompatAuth {
		routes = append(routes,
			route{http.MethodGet, "/auth/check_password", prosody, loginTimeout, s.compatCheckPassword},
			route{http.MethodPost, "/auth/check_password", prosody, loginTimeout, s.compatCheckPassword},
			route{http.MethodGet, "/auth/user_exists", prosody, loginTimeout, s.compatUserExists},
			route{http.MethodPost, "/auth/user_exists", prosody, loginTimeout, s.compatUserExists},
		)
	}
	return routes
}

// newEngine turns off what gin does unasked: it trusts every proxy's headers,
// redirects before any middleware has run, answers a wrong method with 404,
// and matches and decodes paths so that %2F ends a segment and "+" becomes a
// space.
func (s *Server) newEngine() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	_ = engine.SetTrustedProxies(nil) // fails only for addresses that can't be parsed
	engine.ForwardedByClientIP = false
	engine.RedirectTrailingSlash = false
	engine.HandleMethodNotAllowed = true
	engine.UseEscapedPath = true
	engine.UnescapePathValues = false // see pathRef

	engine.Use(s.identify, s.logAccess, s.countRequest, s.recoverPanic)
	engine.NoRoute(s.handle(noRoute))
	engine.NoMethod(s.handle(noMethod))
	for _, r := range s.routes() {
		engine.Handle(r.method, r.path, s.limitTime(r.timeout), s.handle(s.guarded(r.access, r.handler)))
	}
	s.addPages(engine)
	return engine
}
