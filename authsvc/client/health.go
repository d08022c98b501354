package client

import (
	"context"
	"net/http"

	"github.com/jitsiauth/server/authsvc/api"
)

// Healthy returns nil if the service's process answers.
func (c *Client) Healthy(ctx context.Context) error { return c.health(ctx, "/healthz") }

// Ready returns nil if the service and its store answer.
func (c *Client) Ready(ctx context.Context) error { return c.health(ctx, "/readyz") }

func (c *Client) health(ctx context.Context, path string) error {
	var health api.Health
	return c.do(ctx, call{method: http.MethodGet, path: path, answer: &health})
}
