package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
)

const feedPath = "/auth/changes"

// FeedHead returns the newest position of the feed, from which WaitChanges goes
// on. The token needs the scope auth.
func (c *Client) FeedHead(ctx context.Context) (string, error) {
	var feed api.Feed
	err := c.do(ctx, call{method: http.MethodGet, path: feedPath, answer: &feed})
	return feed.Position, err
}

// WaitChanges returns the changes of accounts behind a position, oldest first,
// and the position to go on from. Where there is none it waits for one, at most
// wait (0 to 55 s). It returns an *jitsiauth.InvalidError or, where entries in
// between are not kept any more, a *jitsiauth.PositionLostError with the place
// to go on from once all accounts have been looked at anew.
func (c *Client) WaitChanges(ctx context.Context, after string, wait time.Duration) (api.Feed, error) {
	return c.waitChanges(ctx, url.Values{"after": {after}, "wait": {wait.String()}})
}

// WaitChangesAs is WaitChanges of one that reports sessions under the name
// instance (1 to api.MaxSessionName printable characters): what it reported
// counts while it waits, and for 10 s after.
func (c *Client) WaitChangesAs(ctx context.Context, instance, after string, wait time.Duration) (api.Feed, error) {
	return c.waitChanges(ctx, url.Values{"instance": {instance}, "after": {after}, "wait": {wait.String()}})
}

func (c *Client) waitChanges(ctx context.Context, query url.Values) (api.Feed, error) {
	var feed api.Feed
	err := c.do(ctx, call{method: http.MethodGet, path: feedPath, query: query, answer: &feed})
	return feed, err
}

// Accounts tells of those of the accounts that exist. The token needs the scope
// auth. It returns jitsiauth.ErrUnknownDomain where the token isn't good for a
// domain, if one is given.
func (c *Client) Accounts(ctx context.Context, domain string, ids []string) (api.AccountsAnswer, error) {
	var answer api.AccountsAnswer
	err := c.do(ctx, call{method: http.MethodPost, path: "/auth/accounts", body: api.AccountsRequest{IDs: ids, Domain: domain}, answer: &answer})
	return answer, err
}
