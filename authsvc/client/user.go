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

const usersPath = "/api/v1/users"

// UsersPage returns one page of the accounts that the query asks for.
func (c *Client) UsersPage(ctx context.Context, query api.UserQuery) (api.UserPage, error) {
	params := url.Values{}
	for name, value := range map[string]string{"cursor": query.Cursor, "q": query.Text, "state": query.State, "domain": query.Domain, "password_kind": query.PasswordKind} {
		if value != "" {
			params.Set(name, value)
		}
	}
	if query.Limit != 0 {
		params.Set("limit", strconv.Itoa(query.Limit))
	}
	var page api.UserPage
	err := c.do(ctx, call{method: http.MethodGet, path: usersPath, query: params, answer: &page})
	return page, err
}

// Users yields all accounts that the query asks for, from its cursor on, and
// reads them in pages of its limit. An error ends it.
func (c *Client) Users(ctx context.Context, query api.UserQuery) iter.Seq2[api.User, error] {
	return func(yield func(api.User, error) bool) {
		for {
			page, err := c.UsersPage(ctx, query)
			if err == nil && page.NextCursor != "" && page.NextCursor == query.Cursor {
				err = errors.New("the service gave the same page twice")
			}
			if err != nil {
				yield(api.User{}, err)
				return
			}
			for _, user := range page.Users {
				if !yield(user, nil) {
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

// User returns the account with this ID or JID, or this local part of the
// default domain, or jitsiauth.ErrNotFound. All methods take a ref like that.
func (c *Client) User(ctx context.Context, ref string) (api.User, error) {
	var user api.User
	path, err := pathOf(usersPath, ref)
	if err == nil {
		err = c.do(ctx, call{method: http.MethodGet, path: path, answer: &user})
	}
	return user, err
}

// CreateUser adds an account. It returns an *jitsiauth.InvalidError, a
// *jitsiauth.PolicyError, jitsiauth.ErrForbidden or jitsiauth.ErrExists.
func (c *Client) CreateUser(ctx context.Context, user api.NewUser) (api.UserAndPassword, error) {
	var created api.UserAndPassword
	err := c.do(ctx, call{method: http.MethodPost, path: usersPath, body: user, answer: &created})
	return created, err
}

// PutUser adds the account with this JID, or this local part of the default
// domain, and never changes one that is there. After a failure that leaves open
// whether it came through, the same call can be made again: it then returns
// jitsiauth.ErrExists. Other errors are as with CreateUser.
func (c *Client) PutUser(ctx context.Context, jid string, user api.PutUser) (api.UserAndPassword, error) {
	var created api.UserAndPassword
	path, err := pathOf(usersPath, jid)
	if err == nil {
		err = c.do(ctx, call{method: http.MethodPut, path: path, body: user, conditions: []Condition{ifNone}, answer: &created})
	}
	return created, err
}

// UpdateUser changes the account with this ID or JID and returns it as it is
// then. It returns an *jitsiauth.InvalidError, jitsiauth.ErrNotFound,
// jitsiauth.ErrForbidden or jitsiauth.ErrRevision.
func (c *Client) UpdateUser(ctx context.Context, ref string, patch api.UserPatch, conditions ...Condition) (api.User, error) {
	var user api.User
	path, err := pathOf(usersPath, ref)
	if err == nil {
		err = c.do(ctx, call{method: http.MethodPatch, path: path, body: patch, conditions: conditions, answer: &user})
	}
	return user, err
}

// SetPassword gives the account another password, or lets the service make one
// and returns that too. Errors are as with UpdateUser, and a
// *jitsiauth.PolicyError.
func (c *Client) SetPassword(ctx context.Context, ref string, password api.NewPassword, conditions ...Condition) (api.UserAndPassword, error) {
	var changed api.UserAndPassword
	path, err := pathOf(usersPath, ref)
	if err == nil {
		err = c.do(ctx, call{method: http.MethodPut, path: path + "/password", body: password, conditions: conditions, answer: &changed})
	}
	return changed, err
}

// DeleteUser removes the account for good. It returns jitsiauth.ErrNotFound,
// jitsiauth.ErrForbidden or jitsiauth.ErrRevision.
func (c *Client) DeleteUser(ctx context.Context, ref string, conditions ...Condition) error {
	path, err := pathOf(usersPath, ref)
	if err != nil {
		return err
	}
	return c.do(ctx, call{method: http.MethodDelete, path: path, conditions: conditions})
}
