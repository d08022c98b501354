package client

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/jitsiauth/server/authsvc/api"
)

// Changes yields the entries of the log of changes that the query asks for,
// newest first, from its cursor on, and reads them in pages of its limit. An
// error ends it: an *jitsiauth.InvalidError, jitsiauth.ErrForbidden, or a
// failure.
func (c *Client) Changes(ctx context.Context, query api.LogQuery) iter.Seq2[api.Change, error] {
	return logEntries(ctx, c, "changes", query, func(page *api.LogPage) []api.Change { return page.Changes })
}

// Logins is Changes for the log of logins.
func (c *Client) Logins(ctx context.Context, query api.LogQuery) iter.Seq2[api.Login, error] {
	return logEntries(ctx, c, "logins", query, func(page *api.LogPage) []api.Login { return page.Logins })
}

func logEntries[E any](ctx context.Context, c *Client, kind string, query api.LogQuery, entries func(*api.LogPage) []E) iter.Seq2[E, error] {
	return func(yield func(E, error) bool) {
		for {
			page, err := c.logPage(ctx, kind, query)
			if err == nil && page.NextCursor != "" && page.NextCursor == query.Cursor {
				err = errors.New("the service gave the same page twice")
			}
			if err != nil {
				var none E
				yield(none, err)
				return
			}
			for _, entry := range entries(&page) {
				if !yield(entry, nil) {
					return
				}
			}
			if page.NextCursor == "" {
				return
			}
			query.Cursor = page.NextCursor
		}
	}
}

func (c *Client) logPage(ctx context.Context, kind string, query api.LogQuery) (api.LogPage, error) {
	params := url.Values{"kind": {kind}}
	for name, value := range map[string]string{
		"cursor": query.Cursor, "user": query.User, "action": query.Action, "result": query.Result,
		"since": query.Since, "until": query.Until,
	} {
		if value != "" {
			params.Set(name, value)
		}
	}
	if query.Limit != 0 {
		params.Set("limit", strconv.Itoa(query.Limit))
	}
	var page api.LogPage
	err := c.do(ctx, call{method: http.MethodGet, path: "/api/v1/log", query: params, answer: &page})
	return page, err
}
