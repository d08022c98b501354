package authsvc

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/jitsiauth"
)

// page is one line of the table in doc.go that is for people.
type page struct {
	method  string
	path    string
	role    jitsiauth.Role // the least that the person must have; empty: anyone, logged in or not
	handler func(*gin.Context) error
	nav     string        // its place in the navigation: a key of package web
	sudo    bool          // the password must have been typed in the last minutes, see web_confirm.go
	timeout time.Duration // 0: apiTimeout
}

func (s *Server) pages() []page {
	const (
		anyone  jitsiauth.Role = ""
		user                   = jitsiauth.RoleUser
		manager                = jitsiauth.RoleManager
		admin                  = jitsiauth.RoleAdmin
	)
	return []page{
		{method: http.MethodGet, path: "/accounts/", role: user, handler: s.homePage, nav: "base.nav.home"},
		{method: http.MethodGet, path: "/accounts/login", role: anyone, handler: s.loginPage},
		{method: http.MethodPost, path: "/accounts/login", role: anyone, handler: s.logIn},
		{method: http.MethodPost, path: "/accounts/logout", role: anyone, handler: s.logOut},
		{method: http.MethodPost, path: "/accounts/language", role: anyone, handler: s.switchLanguage},
		{method: http.MethodGet, path: "/accounts/confirm", role: user, handler: s.confirmPage},
		{method: http.MethodPost, path: "/accounts/confirm", role: user, handler: s.confirm},
		{method: http.MethodGet, path: "/accounts/password", role: user, handler: s.passwordPage},
		{method: http.MethodPost, path: "/accounts/password", role: user, handler: s.changePassword},
		{method: http.MethodPost, path: "/accounts/sessions/end", role: user, handler: s.endOwnSessions},
		{method: http.MethodGet, path: LinkPath + ":secret", role: anyone, handler: s.linkPage},
		{method: http.MethodPost, path: LinkPath + ":secret", role: anyone, handler: s.spendLink},
		{method: http.MethodPost, path: "/accounts/sessions/end-web", role: user, handler: s.endWebSession},

		{method: http.MethodGet, path: "/accounts/users", role: manager, handler: s.usersPage, nav: "users.nav"},
		{method: http.MethodGet, path: "/accounts/users/new", role: manager, handler: s.newUserPage},
		{method: http.MethodPost, path: "/accounts/users/new", role: manager, handler: s.makeUser},
		{method: http.MethodGet, path: "/accounts/users/several", role: manager, handler: s.severalPage},
		{method: http.MethodPost, path: "/accounts/users/several", role: manager, handler: s.changeSeveral},
		{method: http.MethodGet, path: "/accounts/users/:ref", role: manager, handler: s.userPage},
		{method: http.MethodGet, path: "/accounts/users/:ref/edit", role: manager, handler: s.editPage},
		{method: http.MethodPost, path: "/accounts/users/:ref/edit", role: manager, handler: s.editUser},
		{method: http.MethodPost, path: "/accounts/users/:ref/extend", role: manager, handler: s.extendUser},
		{method: http.MethodPost, path: "/accounts/users/:ref/disable", role: manager, handler: s.disableUser},
		{method: http.MethodPost, path: "/accounts/users/:ref/enable", role: manager, handler: s.enableUser},
		{method: http.MethodPost, path: "/accounts/users/:ref/end", role: manager, handler: s.endUserSessions},
		{method: http.MethodPost, path: "/accounts/users/:ref/unthrottle", role: manager, handler: s.letUserTry},
		{method: http.MethodGet, path: "/accounts/users/:ref/password", role: manager, handler: s.resetPage, sudo: true},
		{method: http.MethodPost, path: "/accounts/users/:ref/password", role: manager, handler: s.resetPassword, sudo: true},
		{method: http.MethodGet, path: "/accounts/users/:ref/delete", role: manager, handler: s.deletePage, sudo: true},
		{method: http.MethodPost, path: "/accounts/users/:ref/delete", role: manager, handler: s.removeUser, sudo: true},
		{method: http.MethodGet, path: "/accounts/users/:ref/role", role: admin, handler: s.rolePage, sudo: true},
		{method: http.MethodPost, path: "/accounts/users/:ref/role", role: admin, handler: s.setRole, sudo: true},
		{method: http.MethodGet, path: "/accounts/users/:ref/reset-link", role: manager, handler: s.resetLinkPage, sudo: true},
		{method: http.MethodPost, path: "/accounts/users/:ref/reset-link", role: manager, handler: s.makeResetLink, sudo: true},
		{method: http.MethodPost, path: "/accounts/throttle", role: admin, handler: s.letSourceTry},

		{method: http.MethodGet, path: "/accounts/invites", role: manager, handler: s.invitesPage, nav: "links.nav"},
		{method: http.MethodGet, path: "/accounts/invites/new", role: manager, handler: s.newInvitePage},
		{method: http.MethodPost, path: "/accounts/invites/new", role: manager, handler: s.makeInvite},
		{method: http.MethodGet, path: "/accounts/invites/:ref/revoke", role: manager, handler: s.endLinkPage},
		{method: http.MethodPost, path: "/accounts/invites/:ref/revoke", role: manager, handler: s.endLink},
		{method: http.MethodGet, path: "/accounts/now", role: manager, handler: s.nowPage, nav: "now.nav"},

		{method: http.MethodGet, path: "/accounts/import", role: manager, handler: s.importPage, nav: "import.nav"},
		{method: http.MethodPost, path: "/accounts/import", role: manager, handler: s.uploadImport, timeout: bulkTimeout},
		{method: http.MethodGet, path: "/accounts/import/template", role: manager, handler: s.importTemplate},
		{method: http.MethodGet, path: "/accounts/import/job", role: manager, handler: s.importJobPage},
		{method: http.MethodPost, path: "/accounts/import/job", role: manager, handler: s.startImport, sudo: true},
		{method: http.MethodPost, path: "/accounts/import/stop", role: manager, handler: s.stopImport},
		{method: http.MethodGet, path: "/accounts/import/passwords", role: manager, handler: s.passwordsPage},
		{method: http.MethodPost, path: "/accounts/import/passwords", role: manager, handler: s.importPasswords, sudo: true},
		{method: http.MethodGet, path: "/accounts/export", role: manager, handler: s.exportPage, sudo: true},
		{method: http.MethodPost, path: "/accounts/export", role: manager, handler: s.exportAccounts, sudo: true, timeout: bulkTimeout},

		{method: http.MethodGet, path: "/accounts/log", role: admin, handler: s.logPage, nav: "log.nav"},
		{method: http.MethodGet, path: "/accounts/tokens", role: admin, handler: s.tokensPage, nav: "tokens.nav"},
		{method: http.MethodGet, path: "/accounts/tokens/new", role: admin, handler: s.newTokenPage, sudo: true},
		{method: http.MethodPost, path: "/accounts/tokens/new", role: admin, handler: s.makeToken, sudo: true},
		{method: http.MethodGet, path: "/accounts/tokens/:ref/revoke", role: admin, handler: s.endTokenPage, sudo: true},
		{method: http.MethodPost, path: "/accounts/tokens/:ref/revoke", role: admin, handler: s.endToken, sudo: true},
		{method: http.MethodGet, path: "/accounts/status", role: admin, handler: s.statusPage, nav: "status.title"},
		{method: http.MethodGet, path: "/accounts/backup", role: admin, handler: s.backupPage, nav: "backup.title", sudo: true},
		{method: http.MethodPost, path: "/accounts/backup", role: admin, handler: s.downloadBackup, sudo: true, timeout: backupTimeout},
	}
}
