package client

import (
	"context"
	"net/http"

	"github.com/jitsiauth/server/authsvc/api"
)

const tokensPath = "/api/v1/tokens"

// Tokens returns all tokens in the order they were made, or
// jitsiauth.ErrForbidden.
func (c *Client) Tokens(ctx context.Context) ([]api.Token, error) {
	var list api.TokenList
	err := c.do(ctx, call{method: http.MethodGet, path: tokensPath, answer: &list})
	return list.Tokens, err
}

// CreateToken makes a token and returns it with its secret. It returns an
// *jitsiauth.InvalidError, jitsiauth.ErrForbidden or jitsiauth.ErrExists.
func (c *Client) CreateToken(ctx context.Context, token api.NewToken) (api.CreatedToken, error) {
	var created api.CreatedToken
	err := c.do(ctx, call{method: http.MethodPost, path: tokensPath, body: token, answer: &created})
	return created, err
}

// RevokeToken ends the token with this name or ID at once. It returns
// jitsiauth.ErrNotFound or jitsiauth.ErrForbidden.
func (c *Client) RevokeToken(ctx context.Context, nameOrID string) error {
	path, err := pathOf(tokensPath, nameOrID)
	if err != nil {
		return err
	}
	return c.do(ctx, call{method: http.MethodDelete, path: path})
}
