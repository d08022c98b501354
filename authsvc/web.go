package authsvc

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// pagesPath is what all that a browser needs lies below, so that one location of
// Jitsi's own web server publishes it.
const pagesPath = "/accounts/"

// addPages registers the pages, and the files that they need.
func (s *Server) addPages(engine *gin.Engine) {
	s.pageRoutes = s.pages()
	engine.Handle(http.MethodGet, web.StaticPath+":file", s.limitTime(apiTimeout), s.handle(s.staticFile))
	for _, p := range s.pageRoutes {
		engine.Handle(p.method, p.path, s.limitTime(cmp.Or(p.timeout, apiTimeout)), s.handle(func(c *gin.Context) error { return s.openPage(c, &p) }))
	}
}

// isPage reports a request of a browser, to whom errors are shown as pages.
func isPage(c *gin.Context) bool { return strings.HasPrefix(c.Request.URL.Path, pagesPath) }

// policy lets a page load our style, our script and small pictures that are in it,
// ask us and send forms to us, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

const pageType = "text/html; charset=utf-8"

// pageHeaders also keeps pages out of search engines and of other sites' reach;
// identify has set the rest.
func pageHeaders(c *gin.Context) { setPageHeaders(c.Writer.Header()) }

func setPageHeaders(header http.Header) {
	header.Set("Content-Security-Policy", policy)
	header.Set("Referrer-Policy", "no-referrer") // addresses can be one-time links
	header.Set("X-Robots-Tag", "noindex")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// openPage lets only those reach the handler who came over a safe connection,
// from no other site, and have the rights.
func (s *Server) openPage(c *gin.Context, p *page) error {
	if s.schemeOf(c.Request) == schemeUnsafe {
		return errNotHTTPS
	}
	if err := s.origins.Check(c.Request); err != nil {
		return &httpError{status: http.StatusForbidden, code: codeCrossOrigin, detail: "Sent from another site.", cause: err}
	}
	who, err := s.findPerson(c)
	if err != nil {
		return err
	}
	if query, err := url.QueryUnescape(c.Request.URL.RawQuery); err != nil || !utf8.ValidString(query) {
		return malformed("The query is not valid UTF-8.") // as form says of forms
	}
	switch {
	case p.role == "":
	case who == nil:
		return s.sendToLogin(c)
	case !who.user.Role.Covers(p.role):
		return jitsiauth.ErrForbidden
	case p.sudo && !who.proven(s.opts.Now()):
		return s.seeOther(c, "/accounts/confirm"+nextQuery(s.formOf(c)))
	}
	return p.handler(c)
}

// Codes of what only pages answer; no program sees them.
const (
	codeCrossOrigin api.Code = "cross_origin"
	codeNotHTTPS    api.Code = "not_https"
)

// page answers with a page in the reader's language.
func (s *Server) page(c *gin.Context, status int, name string, data any) error {
	pageHeaders(c)
	view := &web.View{Lang: s.pageLanguage(c.Request), Data: data}
	if _, once := data.(interface{ shownOnce() }); !once && s.schemeOf(c.Request) != schemeUnsafe {
		view.Here = s.formOf(c)
	}
	if s.schemeOf(c.Request) == schemeLocal {
		view.Warning = "base.plain"
	}
	who := personOf(c)
	if who != nil {
		view.Person = &web.Person{JID: who.user.JID.String(), Name: nameOf(&who.user), Role: string(who.user.Role)}
		view.Nav = s.navFor(c, who.user.Role)
		view.Notices = s.web.takeNotices(who.key)
	}
	body, err := s.look.Render(name, view)
	if err != nil {
		return err
	}
	writeBody(c, status, pageType, body)
	return nil
}

// nameOf is what to call somebody.
func nameOf(u *jitsiauth.User) string {
	if u.DisplayName != "" {
		return u.DisplayName
	}
	return u.JID.Local()
}

// navFor lists the pages that somebody with the role may open.
func (s *Server) navFor(c *gin.Context, role jitsiauth.Role) []web.Nav {
	var nav []web.Nav
	for _, p := range s.pageRoutes {
		if p.nav != "" && role.Covers(p.role) {
			nav = append(nav, web.Nav{Path: p.path, Label: p.nav, Current: p.path == c.FullPath()})
		}
	}
	return nav
}

// say returns a text of package web in the reader's language.
func (s *Server) say(c *gin.Context, key string, args ...any) string {
	return web.Text(s.pageLanguage(c.Request), key, args...)
}

// notice leaves a text for the next page that the person opens: "done", or with
// a kind of its own "warning". An argument that is a text itself is a web.Said, as
// the next page may be in another language.
func (s *Server) notice(c *gin.Context, kind, key string, args ...any) {
	if who := personOf(c); who != nil {
		s.web.addNotice(who.key, web.Notice{Kind: kind, Said: web.Said{Key: key, Args: args}})
	}
}

// seeOther sends the browser on, after a change, so that loading the page again
// changes nothing again. The path is one of ours: see ownPage.
func (s *Server) seeOther(c *gin.Context, path string) error {
	pageHeaders(c)
	c.Header("Location", path)
	writeBody(c, http.StatusSeeOther, "text/plain; charset=utf-8", nil)
	return nil
}

// staticFile sends a file whose name changes with what is in it.
func (s *Server) staticFile(c *gin.Context) error {
	file, ok := web.Static(c.Param("file"))
	if !ok {
		return jitsiauth.ErrNotFound
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Header("Cross-Origin-Resource-Policy", "same-origin")
	writeBody(c, http.StatusOK, file.Type, file.Body)
	return nil
}
