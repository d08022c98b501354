package client

import (
	"context"
	"net/http"

	"github.com/jitsiauth/server/authsvc/api"
)

// Status returns how the service is, and what an administrator should look at. It
// returns jitsiauth.ErrForbidden.
func (c *Client) Status(ctx context.Context) (api.Status, error) {
	var status api.Status
	err := c.do(ctx, call{method: http.MethodGet, path: "/api/v1/status", answer: &status})
	return status, err
}
