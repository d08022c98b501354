package authsvc

import (
	"errors"
	"net/url"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// form reads the form that was sent, at most maxBody bytes of it.
func (s *Server) form(c *gin.Context) (*web.Form, error) {
	if err := wantType(c.Request, []string{formType}); err != nil {
		return nil, err
	}
	body, err := readBody(c, maxBody)
	if err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, malformed("The form can't be read.")
	}
	for _, all := range values {
		for _, value := range all {
			if !utf8.ValidString(value) {
				return nil, malformed("The form is not valid UTF-8.")
			}
		}
	}
	return web.NewForm(values), nil
}

// refuse puts beside its field what the domain says of it, and reports whether it
// could: other errors are the handler's to return. names says what the form calls
// fields that the API calls otherwise, as pairs.
func (s *Server) refuse(c *gin.Context, f *web.Form, err error, names ...string) bool {
	invalid, ok := errors.AsType[*jitsiauth.InvalidError](err)
	if !ok {
		return false
	}
	field, lang := invalid.Field, s.pageLanguage(c.Request)
	for i := 0; i+1 < len(names); i += 2 {
		if names[i] == field {
			field = names[i+1]
		}
	}
	if refused, ok := errors.AsType[*jitsiauth.PolicyError](err); ok {
		f.Refuse(field, refused.Text(lang))
	} else {
		f.Refuse(field, web.Rule(lang, invalid.Rule))
	}
	return true
}
