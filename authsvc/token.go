package authsvc

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

func (s *Server) listTokens(c *gin.Context) error {
	if _, err := queryParams(c.Request); err != nil {
		return err
	}
	tokens, err := s.svc.Tokens(c.Request.Context())
	if err != nil {
		return err
	}
	list := api.TokenList{Tokens: make([]api.Token, 0, len(tokens))}
	for _, t := range tokens {
		list.Tokens = append(list.Tokens, wireToken(&t))
	}
	return writeJSON(c, http.StatusOK, jsonType, list)
}

func (s *Server) createToken(c *gin.Context) error {
	var body api.NewToken
	if err := bind(c, &body, maxBody); err != nil {
		return err
	}
	wanted := jitsiauth.NewToken{Name: body.Name, Domains: body.Domains}
	for _, scope := range body.Scopes {
		wanted.Scopes = append(wanted.Scopes, jitsiauth.Scope(scope))
	}
	var err error
	if wanted.ExpiresAt, err = s.moment("expires_at", body.ExpiresAt, true); err != nil {
		return err
	}
	token, secret, err := s.svc.CreateToken(c.Request.Context(), wanted)
	if err != nil {
		return err
	}
	c.Header("Location", "/api/v1/tokens/"+token.ID.String())
	return writeJSON(c, http.StatusCreated, jsonType, api.CreatedToken{Token: wireToken(&token), Secret: secret})
}

func (s *Server) revokeToken(c *gin.Context) error {
	ref, err := pathRef(c)
	if err != nil {
		return err
	}
	if err := s.svc.RevokeToken(c.Request.Context(), ref); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func wireToken(t *jitsiauth.Token) api.Token {
	wire := api.Token{
		ID: t.ID.String(), Name: t.Name, Scopes: make([]string, 0, len(t.Scopes)),
		Domains: append([]string{}, t.Domains...), ExpiresAt: t.ExpiresAt, CreatedAt: t.CreatedAt,
		LastUsedAt: t.LastUsedAt, Prefix: t.Prefix,
	}
	for _, scope := range t.Scopes {
		wire.Scopes = append(wire.Scopes, string(scope))
	}
	return wire
}
