package client

import (
	"context"
	"net/http"

	"github.com/jitsiauth/server/authsvc/api"
)

const (
	invitesPath    = "/api/v1/invites"
	adminLinksPath = "/api/v1/admin-links"
	resetLinksPath = "/api/v1/reset-links"
)

// Invites returns the invites that the caller may see, and to administrators
// those for the first administrator, in the order they were made; or
// jitsiauth.ErrForbidden.
func (c *Client) Invites(ctx context.Context) ([]api.Link, error) { return c.links(ctx, invitesPath) }

// ResetLinks returns the links for passwords that the caller may see, under the
// rules of Invites.
func (c *Client) ResetLinks(ctx context.Context) ([]api.Link, error) {
	return c.links(ctx, resetLinksPath)
}

func (c *Client) links(ctx context.Context, path string) ([]api.Link, error) {
	var list api.LinkList
	err := c.do(ctx, call{method: http.MethodGet, path: path, answer: &list})
	return list.Links, err
}

// CreateInvite makes a link with which somebody makes an account of their own,
// and returns it with its secret. It returns an *jitsiauth.InvalidError,
// jitsiauth.ErrForbidden, or jitsiauth.ErrTooManyLinks.
func (c *Client) CreateInvite(ctx context.Context, invite api.NewInvite) (api.CreatedLink, error) {
	return c.createLink(ctx, invitesPath, invite)
}

// CreateAdminLink makes a link with which somebody makes the first
// administrator. It returns an *jitsiauth.InvalidError, jitsiauth.ErrForbidden,
// jitsiauth.ErrExists where there is an administrator, or
// jitsiauth.ErrTooManyLinks.
func (c *Client) CreateAdminLink(ctx context.Context, link api.NewAdminLink) (api.CreatedLink, error) {
	return c.createLink(ctx, adminLinksPath, link)
}

// CreateResetLink makes a link with which somebody sets the password of an
// account. It returns an *jitsiauth.InvalidError, jitsiauth.ErrNotFound,
// jitsiauth.ErrForbidden, or jitsiauth.ErrTooManyLinks.
func (c *Client) CreateResetLink(ctx context.Context, link api.NewResetLink) (api.CreatedLink, error) {
	return c.createLink(ctx, resetLinksPath, link)
}

func (c *Client) createLink(ctx context.Context, path string, body any) (api.CreatedLink, error) {
	var made api.CreatedLink
	err := c.do(ctx, call{method: http.MethodPost, path: path, body: body, answer: &made})
	return made, err
}

// RevokeInvite ends the invite, or the link for the first administrator, with
// this ID at once. It returns jitsiauth.ErrNotFound, jitsiauth.ErrForbidden, or
// an *jitsiauth.InvalidError for what is no ID.
func (c *Client) RevokeInvite(ctx context.Context, id string) error {
	return c.revokeLink(ctx, invitesPath, id)
}

// RevokeResetLink ends the link for a password with this ID at once. Errors are
// as with RevokeInvite.
func (c *Client) RevokeResetLink(ctx context.Context, id string) error {
	return c.revokeLink(ctx, resetLinksPath, id)
}

func (c *Client) revokeLink(ctx context.Context, collection, id string) error {
	path, err := pathOf(collection, id)
	if err != nil {
		return err
	}
	return c.do(ctx, call{method: http.MethodDelete, path: path})
}
