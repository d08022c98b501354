package authsvc

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// exportView is what export.html shows.
type exportView struct {
	Form  *web.Form
	Admin bool // may have the hashes
}

func (s *Server) exportPage(c *gin.Context) error {
	return s.page(c, http.StatusOK, "export.html", exportView{Form: web.NewForm(nil), Admin: personOf(c).user.Role == jitsiauth.RoleAdmin})
}

// exportAccounts sends the list for Excel, or everything for another instance.
func (s *Server) exportAccounts(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	x := &exporter{s: s, c: c}
	switch f.Get("what") {
	case "list":
		x.csv, x.lang, x.zone = true, s.pageLanguage(c.Request), s.opts.Timezone
		x.file = "jitsiauth-accounts-" + s.today() + ".csv"
	case "all":
		x.hashes = true
		x.file = "jitsiauth-accounts-" + s.today() + ".ndjson"
	default:
		return malformed("The form lacks what to export.")
	}
	x.allowed = s.mayLoad(c)
	pageHeaders(c)
	return s.sendExport(x)
}

// mayLoad returns what reports whether somebody may have the next piece of a file: see
// stillIn. To take one is a use of the session, which would else be over for who
// has a slow line.
func (s *Server) mayLoad(c *gin.Context) func() error {
	who, ctx := personOf(c), context.WithoutCancel(c.Request.Context())
	return func() error {
		_, _ = s.web.use(who.key, s.opts.Now())
		return s.stillIn(ctx, who.user.ID, who.session.ID)
	}
}
