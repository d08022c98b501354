package authsvc

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// caller is who sent a request, and what for they may.
type caller struct {
	actor  jitsiauth.Actor
	scopes []jitsiauth.Scope
	secret string // of the token; empty for a process of this machine
}

// peerScopes is what a process of this machine may that the unix socket lets
// in: everything but to ask about logins.
var peerScopes = []jitsiauth.Scope{jitsiauth.ScopeAdmin, jitsiauth.ScopeUsersWrite, jitsiauth.ScopeUsersRead}

// guarded lets only callers with access reach the handler, whose request then
// has the actor in its context.
func (s *Server) guarded(who access, handler func(*gin.Context) error) func(*gin.Context) error {
	if who.public {
		return handler
	}
	return func(c *gin.Context) error {
		from, err := s.authenticate(c.Request)
		if err != nil {
			s.logRefused(c, err)
			return err
		}
		c.Set(callerKey{}, string(from.actor.Kind)+":"+from.actor.Name)
		if !slices.ContainsFunc(who.scopes, func(scope jitsiauth.Scope) bool { return slices.Contains(from.scopes, scope) }) {
			err := scopeMissing(who.scopes)
			s.logRefused(c, err)
			return err
		}
		from.actor.Source = s.sourceOf(c.Request)
		ctx := context.WithValue(c.Request.Context(), secretKey{}, from.secret)
		c.Request = c.Request.WithContext(jitsiauth.WithActor(ctx, from.actor))
		return handler(c)
	}
}

type secretKey struct{}

// stillAllowed asks again whether the caller's token is good, for requests that
// last: it may have been revoked, or have expired, since they began.
func (s *Server) stillAllowed(ctx context.Context) error {
	secret, _ := ctx.Value(secretKey{}).(string)
	if secret == "" {
		return nil
	}
	_, err := s.svc.Authenticate(ctx, secret)
	return err
}

// authenticate finds out who calls. A token, where one is sent, decides alone;
// else a process of this machine is let in by its user.
func (s *Server) authenticate(r *http.Request) (caller, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		secret, ok := secretFrom(r)
		if !ok {
			return caller{}, noToken("The Authorization header must be Bearer with a token, or Basic with a token as password.")
		}
		token, err := s.svc.Authenticate(r.Context(), secret)
		if err != nil {
			return caller{}, err
		}
		return caller{actor: token.Actor(), scopes: token.Scopes, secret: secret}, nil
	}
	from, local := peerFrom(r.Context())
	if !local {
		return caller{}, noToken("This address needs the header Authorization: Bearer with a token.")
	}
	uid := strconv.FormatUint(uint64(from.uid), 10)
	if !from.trusted {
		return caller{}, noToken("This socket lets in root, the service's own user and its group, but not the user with the ID " + uid + ".")
	}
	return caller{actor: jitsiauth.Actor{Kind: jitsiauth.ActorUID, Name: uid, Role: jitsiauth.RoleAdmin}, scopes: peerScopes}, nil
}

// secretFrom reads the token. In Basic it is the password, and the user name
// says nothing: mod_auth_http's http_auth_credentials has that form.
func secretFrom(r *http.Request) (string, bool) {
	if _, password, ok := r.BasicAuth(); ok {
		return password, password != ""
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	secret = strings.Trim(secret, " ")
	return secret, strings.EqualFold(scheme, "Bearer") && secret != ""
}

func noToken(detail string) error {
	return &httpError{
		status: http.StatusUnauthorized, code: api.CodeNoToken, detail: detail, field: "Authorization",
		header: challenge(http.StatusUnauthorized),
	}
}

// scopeMissing names the scope that gives the least.
func scopeMissing(enough []jitsiauth.Scope) error {
	needed := "another scope"
	if len(enough) > 0 {
		needed = "the scope " + string(enough[0])
	}
	return &httpError{
		status: http.StatusForbidden, code: api.CodeScopeMissing,
		detail: "This needs a token with " + needed + ".",
	}
}

// logRefused says that someone came without a right token, or with one that is
// too narrow. Failures are logged
// where all failures are.
func (s *Server) logRefused(c *gin.Context, err error) {
	var none *httpError
	if !errors.As(err, &none) && !errors.Is(err, jitsiauth.ErrBadToken) && !errors.Is(err, jitsiauth.ErrTokenExpired) {
		return
	}
	s.log.LogAttrs(c.Request.Context(), slog.LevelWarn, "caller refused", slog.String("request_id", requestID(c)),
		slog.String("route", routeOf(c)), slog.String("caller", c.GetString(callerKey{})), slog.String("source", s.sourceOf(c.Request).String()), slog.String("peer", c.Request.RemoteAddr), slog.Any("reason", err))
}
