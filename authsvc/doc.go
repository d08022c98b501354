// Package authsvc is the HTTP face of package jitsiauth: Prosody's questions
// and the administration of accounts and tokens. Server is an http.Handler;
// its Serve also listens.
//
//	METHOD PATH                        WHO                      HANDLER              FILE
//	POST   /auth/verify                auth                     verify               prosody.go
//	GET    /auth/changes               auth                     waitChanges          feed.go
//	POST   /auth/accounts              auth                     showAccounts         feed.go
//	POST   /auth/sessions              auth                     reportSessions       session.go
//	GET    /api/v1/users               users:read users:write   listUsers            user_list.go
//	POST   /api/v1/users               users:write              createUser           user.go
//	GET    /api/v1/users/:ref          users:read users:write   showUser             user.go
//	PUT    /api/v1/users/:ref          users:write              putUser              user_put.go
//	PATCH  /api/v1/users/:ref          users:write              updateUser           user.go
//	DELETE /api/v1/users/:ref          users:write              deleteUser           user.go
//	PUT    /api/v1/users/:ref/password users:write              setPassword          user.go
//	GET    /api/v1/users/:ref/sessions users:read users:write   showSessions         session.go
//	DELETE /api/v1/users/:ref/sessions users:write              endSessions          session.go
//	GET    /api/v1/users/:ref/throttle users:write              showUserThrottle     throttle.go
//	DELETE /api/v1/users/:ref/throttle users:write              clearUserThrottle    throttle.go
//	GET    /api/v1/throttle            admin                    showThrottle         throttle.go
//	DELETE /api/v1/throttle/:ref       admin                    clearSource          throttle.go
//	POST   /api/v1/imports             users:write              importUsers          import.go
//	GET    /api/v1/exports             users:read users:write   exportUsers          export.go
//	GET    /api/v1/invites             users:write              listInvites          link.go
//	POST   /api/v1/invites             users:write              createInvite         link.go
//	DELETE /api/v1/invites/:ref        users:write              revokeInvite         link.go
//	POST   /api/v1/admin-links         admin                    createAdminLink      link.go
//	GET    /api/v1/reset-links         users:write              listResetLinks       link.go
//	POST   /api/v1/reset-links         users:write              createResetLink      link.go
//	DELETE /api/v1/reset-links/:ref    users:write              revokeResetLink      link.go
//	GET    /api/v1/tokens              admin                    listTokens           token.go
//	POST   /api/v1/tokens              admin                    createToken          token.go
//	DELETE /api/v1/tokens/:ref         admin                    revokeToken          token.go
//	GET    /api/v1/backup              admin                    backup               backup.go
//	GET    /api/v1/log                 admin                    showLog              log.go
//	GET    /api/v1/status              admin                    showStatus           status.go
//	GET    /healthz                    anyone                   alive                health.go
//	HEAD   /healthz                    anyone                   alive                health.go
//	GET    /readyz                     anyone                   ready                health.go
//	HEAD   /readyz                     anyone                   ready                health.go
//	GET    /metrics                    anyone                   sendMetrics          metrics.go
//	GET    /openapi.json               anyone                   openAPI              openapi.go
//	GET    /auth/check_password        auth, Options.CompatAuth compatCheckPassword  compat.go
//	POST   /auth/check_password        auth, Options.CompatAuth compatCheckPassword  compat.go
//	GET    /auth/user_exists           auth, Options.CompatAuth compatUserExists     compat.go
//	POST   /auth/user_exists           auth, Options.CompatAuth compatUserExists     compat.go
//	GET    /accounts/                  user                     homePage             web_home.go
//	GET    /accounts/login             anyone                   loginPage            web_login.go
//	POST   /accounts/login             anyone                   logIn                web_login.go
//	POST   /accounts/logout            anyone                   logOut               web_login.go
//	POST   /accounts/language          anyone                   switchLanguage       web_language.go
//	GET    /accounts/confirm           user                     confirmPage          web_confirm.go
//	POST   /accounts/confirm           user                     confirm              web_confirm.go
//	GET    /accounts/password          user                     passwordPage         web_password.go
//	POST   /accounts/password          user                     changePassword       web_password.go
//	POST   /accounts/sessions/end      user                     endOwnSessions       web_home.go
//	POST   /accounts/sessions/end-web  user                     endWebSession        web_home.go
//	GET    /accounts/link/:secret      anyone                   linkPage             web_link.go
//	POST   /accounts/link/:secret      anyone                   spendLink            web_link.go
//	GET    /accounts/users             manager                  usersPage            web_user_list.go
//	GET    /accounts/users/new         manager                  newUserPage          web_user_new.go
//	POST   /accounts/users/new         manager                  makeUser             web_user_new.go
//	GET    /accounts/users/several     manager                  severalPage          web_user_several.go
//	POST   /accounts/users/several     manager                  changeSeveral        web_user_several.go
//	GET    /accounts/users/:ref        manager                  userPage             web_user.go
//	GET    /accounts/users/:ref/edit   manager                  editPage             web_user_edit.go
//	POST   /accounts/users/:ref/edit   manager                  editUser             web_user_edit.go
//	POST   /accounts/users/:ref/extend manager                  extendUser           web_user_act.go
//	POST   /accounts/users/:ref/disable manager                  disableUser          web_user_act.go
//	POST   /accounts/users/:ref/enable manager                  enableUser           web_user_act.go
//	POST   /accounts/users/:ref/end    manager                  endUserSessions      web_user_act.go
//	POST   /accounts/users/:ref/unthrottle manager                  letUserTry           web_user_act.go
//	GET    /accounts/users/:ref/password manager                  resetPage            web_user_password.go
//	POST   /accounts/users/:ref/password manager                  resetPassword        web_user_password.go
//	GET    /accounts/users/:ref/delete manager                  deletePage           web_user_delete.go
//	POST   /accounts/users/:ref/delete manager                  removeUser           web_user_delete.go
//	GET    /accounts/users/:ref/role   admin                    rolePage             web_user_role.go
//	POST   /accounts/users/:ref/role   admin                    setRole              web_user_role.go
//	GET    /accounts/invites           manager                  invitesPage          web_invite.go
//	GET    /accounts/invites/new       manager                  newInvitePage        web_invite_new.go
//	POST   /accounts/invites/new       manager                  makeInvite           web_invite_new.go
//	GET    /accounts/invites/:ref/revoke manager                  endLinkPage          web_invite_revoke.go
//	POST   /accounts/invites/:ref/revoke manager                  endLink              web_invite_revoke.go
//	GET    /accounts/users/:ref/reset-link manager                  resetLinkPage        web_reset_link.go
//	POST   /accounts/users/:ref/reset-link manager                  makeResetLink        web_reset_link.go
//	POST   /accounts/throttle          admin                    letSourceTry         web_throttle.go
//	GET    /accounts/now               manager                  nowPage              web_now.go
//	GET    /accounts/log               admin                    logPage              web_log.go
//	GET    /accounts/tokens            admin                    tokensPage           web_token.go
//	GET    /accounts/tokens/new        admin                    newTokenPage         web_token_new.go
//	POST   /accounts/tokens/new        admin                    makeToken            web_token_new.go
//	GET    /accounts/tokens/:ref/revoke admin                    endTokenPage         web_token.go
//	POST   /accounts/tokens/:ref/revoke admin                    endToken             web_token.go
//	GET    /accounts/status            admin                    statusPage           web_status.go
//	GET    /accounts/backup            admin                    backupPage           web_backup.go
//	POST   /accounts/backup            admin                    downloadBackup       web_backup.go
//	GET    /accounts/import            manager                  importPage           web_import.go
//	POST   /accounts/import            manager                  uploadImport         web_import.go
//	GET    /accounts/import/template   manager                  importTemplate       web_import_template.go
//	GET    /accounts/import/job        manager                  importJobPage        web_import_result.go
//	POST   /accounts/import/job        manager                  startImport          web_import_run.go
//	POST   /accounts/import/stop       manager                  stopImport           web_import_run.go
//	GET    /accounts/import/passwords  manager                  passwordsPage        web_import_result.go
//	POST   /accounts/import/passwords  manager                  importPasswords      web_import_result.go
//	GET    /accounts/export            manager                  exportPage           web_export.go
//	POST   /accounts/export            manager                  exportAccounts       web_export.go
//	GET    /accounts/static/:file      anyone                   staticFile           web.go
//
// WHO names scopes of tokens; admin has the users scopes too, but not auth. A
// token comes as "Authorization: Bearer", or as the password of Basic, whose
// user name is ignored. Processes that ListenSocket trusts need no token and
// may do everything but what needs auth. A :ref of users is an ID, a JID, or a
// local part of the default domain (what looks like an ID is one); a :ref of
// tokens is an ID or a name, of links an ID; a :ref of throttle is an IP address. Who
// may open pages, those below /accounts/, is told by the least role.
//
// # A request's way
//
// server.go listens, routes.go finds the route and sets its deadline,
// middleware.go gives it an ID and a line in the log, caller.go finds out who
// calls, bind.go and request.go read what was sent, the handler asks package
// jitsiauth, and handle.go sends what came of it, by way of problem.go if that
// is an error. late.go answers for a handler that hangs. send.go sends long
// answers piece by piece; source.go finds out
// where a request behind a proxy came from; tls.go follows a certificate.
//
// Imports and exports (bulk.go) have no deadline as a whole, but one for each
// step, and wait for the network only while nothing of the store is held. Their lines
// are read by import_line.go and, in CSV, by package csvfile. An import of the pages is
// a file that web_import_upload.go reads whole, that web_import_book.go keeps in
// memory for its session alone, and that web_import_run.go works on after the
// request, while the account has its rights.
//
// # Answers
//
// Package api has their form, and openapi.yaml is the whole contract for callers
// in any language; tests hold both to each other. Errors are application/problem+json with a
// stable code; those below 500 are decisions. A failure is logged with its
// cause under the request_id that the answer holds, and the cause is not sent.
// /auth/verify answers 200 if it has a verdict, and only then: 429 and 503 say
// that the password was not compared, and when to ask again. /auth/changes and
// /auth/accounts tell Prosody whose sessions to end.
//
// # Who is in
//
// Prosody reports it to /auth/sessions (session_report.go), for administrators to
// see. It is kept in memory (session_book.go; session_crowd.go tells of all at
// once) while that Prosody follows /auth/changes, and for 10 s after: then who is
// in is not known, which is another answer than nobody. It decides nothing.
//
// # How it is
//
// The page /accounts/status and the API show the same (status.go): what the service
// knows of itself, of its accounts (metrics_users.go) and of Prosodys
// (prosody_book.go), and what an administrator should do (status_warning.go).
//
// # Pages
//
// What is below /accounts/ is for people with a browser: no tokens, but sessions
// (web_session_book.go) that a cookie names, in memory. web_pages.go lists them, and web.go
// lets in who may open them: over https, or http on the browser's own machine
// (web_scheme.go), from no other site (http.CrossOriginProtection), and with the
// account as it is at that moment (web_person.go). Changes come by POST only, are
// read by web_form.go, and end in a redirect, but for those whose answer is shown
// once: a password (web_user_once.go), a link (web_link_once.go), a token
// (web_token_new.go), and what became of several accounts. Who loads a file must have
// the right to it until the last piece (send.go, bulk.go). Errors become pages in
// web_error.go. Package web has templates, texts and style, and says how to add a page.
package authsvc
