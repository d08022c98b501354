package authsvc

import (
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
	who := personOf(c)
	x.allowed = func() error { return s.stillIn(c.Request.Context(), who.user.ID, who.session.ID) }
	pageHeaders(c)
	return s.sendExport(x)
}
