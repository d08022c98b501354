package authsvc

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// The contract of the community's mod_auth_http for Prosody and of MongooseIM's
// HTTP method: user, server and pass come in the query or as a form, the
// answer is "true" or "false". It is off by default, because a password in a
// query ends in logs, and because no client address comes with it. Our own log
// never holds a query. Where there is no verdict the status is not 200; the
// community module takes even that for a wrong password.

const formType = "application/x-www-form-urlencoded"

// compatCheckPassword answers true for a right password of an account that may
// log in now.
func (s *Server) compatCheckPassword(c *gin.Context) error {
	form, err := compatForm(c, "user", "server", "pass")
	if err != nil {
		return err
	}
	_, result, err := s.judge(c, jitsiauth.Attempt{Username: form["user"], Domain: form["server"], Password: form["pass"]})
	if err != nil {
		return err
	}
	compatAnswer(c, result == api.ResultOK)
	return nil
}

// compatUserExists answers true for every account, whatever its state.
func (s *Server) compatUserExists(c *gin.Context) error {
	form, err := compatForm(c, "user", "server")
	if err != nil {
		return err
	}
	domain, err := jitsiauth.PrepareDomain(form["server"])
	if bound := jitsiauth.ActorFrom(c.Request.Context()).Domains; err != nil || !slices.Contains(s.svc.Domains(), domain) ||
		len(bound) > 0 && !slices.Contains(bound, domain) {
		s.logUnknownDomain(c, "login", form["server"])
		return jitsiauth.ErrUnknownDomain
	}
	jid, err := jitsiauth.NewJID(form["user"], domain)
	if err != nil { // no account can have this name
		compatAnswer(c, false)
		return nil
	}
	_, err = s.svc.GetByJID(c.Request.Context(), jid)
	if err != nil && !errors.Is(err, jitsiauth.ErrNotFound) {
		return err
	}
	compatAnswer(c, err == nil)
	return nil
}

// compatForm returns the fields, each of which must be given once, in the query
// or in the form. Others are ignored. Its errors say nothing of the content.
func compatForm(c *gin.Context, fields ...string) (map[string]string, error) {
	r := c.Request
	if r.Method == http.MethodPost && r.ContentLength != 0 {
		if err := wantType(r, []string{formType}); err != nil {
			return nil, err
		}
	}
	r.Body = http.MaxBytesReader(c.Writer, r.Body, maxLoginBody)
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, bodyError(err)
		}
		return nil, malformed("The query or form can't be read.")
	}
	form := make(map[string]string, len(fields))
	for _, name := range fields {
		values := r.Form[name]
		if len(values) == 0 {
			return nil, &jitsiauth.InvalidError{Field: name, Rule: "must be given"}
		}
		if len(values) > 1 {
			return nil, malformed("The query and form hold the field " + name + " more than once.")
		}
		form[name] = values[0]
	}
	if form["server"] == "" { // the domain would take it for its default
		return nil, &jitsiauth.InvalidError{Field: "server", Rule: "must not be empty"}
	}
	return form, nil
}

func compatAnswer(c *gin.Context, yes bool) {
	writeBody(c, http.StatusOK, "text/plain; charset=utf-8", strconv.AppendBool(nil, yes))
}
