package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// Verify asks whether a login is right, as Prosody does; it needs a token with
// the scope auth. A question without an ID gets a random one. It returns
// jitsiauth.ErrBadCredentials, jitsiauth.ErrDisabled, jitsiauth.ErrExpired or
// jitsiauth.ErrNotYetValid for a login that is refused, and
// jitsiauth.ErrUnknownDomain. Any other error says nothing about the password.
func (c *Client) Verify(ctx context.Context, question api.VerifyRequest) (api.VerifiedUser, error) {
	if question.ID == "" {
		question.ID = rand.Text()
	}
	var answer api.VerifyAnswer
	if err := c.do(ctx, call{method: http.MethodPost, path: "/auth/verify", body: question, answer: &answer}); err != nil {
		return api.VerifiedUser{}, err
	}
	if answer.ID != question.ID {
		return api.VerifiedUser{}, errors.New("the answer belongs to another question: is there a cache before the service?")
	}
	switch answer.Result {
	case api.ResultOK:
		if answer.User != nil {
			return *answer.User, nil
		}
	case api.ResultBadCredentials:
		return api.VerifiedUser{}, jitsiauth.ErrBadCredentials
	case api.ResultDisabled:
		return api.VerifiedUser{}, jitsiauth.ErrDisabled
	case api.ResultExpired:
		return api.VerifiedUser{}, jitsiauth.ErrExpired
	case api.ResultNotYetValid:
		return api.VerifiedUser{}, jitsiauth.ErrNotYetValid
	}
	return api.VerifiedUser{}, fmt.Errorf("the answer holds no verdict (result %.40q)", answer.Result)
}
