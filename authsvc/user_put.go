package authsvc

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// putUser makes the account that the path names, and never changes one: with
// If-None-Match: * a caller who lost the answer can send the same request again
// and learns from 412 that the account is there. A name that is taken is a
// failed precondition here (RFC 9110 §13.1.2), and the conflict 409 only for
// POST, which has none; the code is the same.
func (s *Server) putUser(c *gin.Context) error {
	if err := wantAbsent(c.Request); err != nil {
		return err
	}
	var body api.PutUser
	if err := bind(c, &body, maxBody); err != nil {
		return err
	}
	ref, err := pathRef(c)
	if err != nil {
		return err
	}
	jid, err := s.svc.ParseJID(ref)
	if err != nil {
		return err
	}
	err = s.addUser(c, &api.NewUser{
		JID: jid.String(), Password: body.Password, Generate: body.Generate, AllowWeak: body.AllowWeak,
		DisplayName: body.DisplayName, Email: body.Email, Note: body.Note, Role: body.Role, Disabled: body.Disabled,
		ValidFrom: body.ValidFrom, ValidUntil: body.ValidUntil,
	})
	if errors.Is(err, jitsiauth.ErrExists) {
		return &httpError{
			status: http.StatusPreconditionFailed, code: api.CodeExists, field: "If-None-Match",
			detail: "This account exists already.",
		}
	}
	return err
}

// wantAbsent refuses a PUT without the header If-None-Match: *, which would
// mean to replace what is there (RFC 6585 §3).
func wantAbsent(r *http.Request) error {
	if len(r.Header.Values("If-Match")) > 0 {
		return &httpError{
			status: http.StatusBadRequest, code: api.CodeMalformed, field: "If-Match",
			detail: "PUT only makes accounts; an account that is there is changed with PATCH, which takes If-Match.",
		}
	}
	switch lines := r.Header.Values("If-None-Match"); {
	case len(lines) == 0:
		return &httpError{
			status: http.StatusPreconditionRequired, code: api.CodePreconditionRequired, field: "If-None-Match",
			detail: "PUT needs the header If-None-Match: * and makes an account; one that is there is changed with PATCH.",
		}
	case strings.Trim(strings.Join(lines, ","), " \t") != "*":
		return &httpError{
			status: http.StatusBadRequest, code: api.CodeMalformed, field: "If-None-Match",
			detail: "The If-None-Match header must be *.",
		}
	}
	return nil
}
