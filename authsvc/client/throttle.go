package client

import (
	"context"
	"net/http"

	"github.com/jitsiauth/server/authsvc/api"
)

const throttlePath = "/api/v1/throttle"

// UserThrottle returns what is held against attempts to log in to an account. It
// returns jitsiauth.ErrNotFound or jitsiauth.ErrForbidden.
func (c *Client) UserThrottle(ctx context.Context, ref string) (api.UserThrottle, error) {
	var view api.UserThrottle
	path, err := pathOf(usersPath, ref)
	if err == nil {
		err = c.do(ctx, call{method: http.MethodGet, path: path + "/throttle", answer: &view})
	}
	return view, err
}

// ClearUserThrottle forgets the attempts at an account. Errors are as with
// UserThrottle.
func (c *Client) ClearUserThrottle(ctx context.Context, ref string) error {
	path, err := pathOf(usersPath, ref)
	if err != nil {
		return err
	}
	return c.do(ctx, call{method: http.MethodDelete, path: path + "/throttle"})
}

// Throttle returns what is slowed down now. It returns jitsiauth.ErrForbidden.
func (c *Client) Throttle(ctx context.Context) (api.Throttle, error) {
	var all api.Throttle
	err := c.do(ctx, call{method: http.MethodGet, path: throttlePath, answer: &all})
	return all, err
}

// ClearSource forgets the attempts from an IP address, of IPv6 from its /64. It
// returns an *jitsiauth.InvalidError or jitsiauth.ErrForbidden.
func (c *Client) ClearSource(ctx context.Context, source string) error {
	path, err := pathOf(throttlePath, source)
	if err != nil {
		return err
	}
	return c.do(ctx, call{method: http.MethodDelete, path: path})
}
