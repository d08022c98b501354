package authsvc

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/jitsiauth"
)

const tokensPath = "/accounts/tokens"

// tokenView is a token in a list.
type tokenView struct {
	jitsiauth.Token
	Ended  bool   // its end has come
	By     string // the kind of who made it, as the log has it; empty: not known
	ByName string
}

// tokensPage lists all tokens, in the order in which they were made. Their secrets
// are nowhere.
func (s *Server) tokensPage(c *gin.Context) error {
	tokens, err := s.svc.Tokens(c.Request.Context())
	if err != nil {
		return err
	}
	// The latest entries are enough: where they are too many, it is left open.
	log, err := s.svc.ChangeLog(c.Request.Context(), jitsiauth.LogQuery{Action: jitsiauth.TokenCreated, Limit: jitsiauth.MaxPage})
	if err != nil {
		return err
	}
	made := map[jitsiauth.ID]jitsiauth.Change{}
	for _, entry := range log.Entries {
		made[entry.Subject] = entry
	}
	views := make([]tokenView, 0, len(tokens))
	for _, t := range tokens {
		entry := made[t.ID]
		view := s.tokenViewOf(&t)
		view.By, view.ByName = string(entry.Actor), entry.ActorName
		views = append(views, view)
	}
	return s.page(c, http.StatusOK, "tokens.html", views)
}

func (s *Server) tokenViewOf(t *jitsiauth.Token) tokenView {
	return tokenView{Token: *t, Ended: !t.ExpiresAt.IsZero() && !s.opts.Now().Before(t.ExpiresAt)}
}

// tokenOf is the token that the page's address names, by its ID alone: another one
// may have its name tomorrow.
func (s *Server) tokenOf(c *gin.Context) (jitsiauth.Token, error) {
	ref, err := pathRef(c)
	if err != nil {
		return jitsiauth.Token{}, err
	}
	tokens, err := s.svc.Tokens(c.Request.Context())
	if err != nil {
		return jitsiauth.Token{}, err
	}
	for _, t := range tokens {
		if t.ID.String() == ref {
			return t, nil
		}
	}
	return jitsiauth.Token{}, jitsiauth.ErrNotFound
}

// endTokenPage says what will stop working.
func (s *Server) endTokenPage(c *gin.Context) error {
	t, err := s.tokenOf(c)
	if err != nil {
		return err
	}
	return s.page(c, http.StatusOK, "token_revoke.html", s.tokenViewOf(&t))
}

func (s *Server) endToken(c *gin.Context) error {
	t, err := s.tokenOf(c)
	if err != nil {
		return err
	}
	if err := s.svc.RevokeToken(c.Request.Context(), t.ID.String()); err != nil {
		return err
	}
	s.notice(c, "done", "tokens.done.revoked", t.Name)
	return s.seeOther(c, tokensPath)
}

// ForProsody reports a token that Prosody asks with.
func (v tokenView) ForProsody() bool { return v.Has(jitsiauth.ScopeAuth) }

// ForAPI reports a token that opens the API.
func (v tokenView) ForAPI() bool {
	return v.Has(jitsiauth.ScopeUsersRead) || v.Has(jitsiauth.ScopeUsersWrite) || v.Has(jitsiauth.ScopeAdmin)
}

// Allows returns the scopes, with what they allow.
func (v tokenView) Allows() (all []choice) {
	for _, scope := range v.Scopes {
		all = append(all, choice{Value: string(scope), Says: scopeKey(scope)})
	}
	return all
}

// scopeKey is the text of what a scope allows.
func scopeKey(scope jitsiauth.Scope) string {
	return "tokens.may." + strings.ReplaceAll(string(scope), ":", "_")
}

// tokenFileName is a name for the file that holds a token's secret: the token's, where
// every shell and system takes it.
func tokenFileName(name string) string {
	safe := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", r) {
			return r
		}
		return -1
	}, name)
	return cmp.Or(strings.Trim(safe, "-."), "program") + ".token"
}
