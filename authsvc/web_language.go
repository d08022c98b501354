package authsvc

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/web"
)

const (
	languageCookie = "jitsiauth-lang"
	languageAge    = 365 * 24 * 60 * 60 // seconds
)

// pageLanguage is the one that was chosen, or else the browser's.
func (s *Server) pageLanguage(r *http.Request) string {
	if chosen := s.cookie(r, languageCookie); slices.Contains(web.Languages, chosen) {
		return chosen
	}
	return languageOf(r)
}

// switchLanguage chooses a language and shows the same page again.
func (s *Server) switchLanguage(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	if !slices.Contains(web.Languages, f.Get("lang")) {
		return malformed("There is no such language.")
	}
	s.setCookie(c.Writer, c.Request, languageCookie, f.Get("lang"), languageAge)
	return s.seeOther(c, s.ownPage(f.Get("back")))
}

// ownPage returns the address if it is of a page of ours that can be opened, and
// otherwise that of the first page: nobody can be sent elsewhere.
func (s *Server) ownPage(address string) string {
	path, query := splitQuery(address)
	for _, p := range s.pageRoutes {
		if p.method == http.MethodGet && matches(p.path, path) {
			return path + query
		}
	}
	return pagesPath
}

// formOf is the address of the page that the request is about: itself, or where
// the form is that was sent. What only changes something has no page of its own:
// its form is on the nearest one above it, such as the account's.
func (s *Server) formOf(c *gin.Context) string {
	if c.Request.Method == http.MethodGet {
		return s.ownPage(c.Request.URL.RequestURI())
	}
	path := c.Request.URL.EscapedPath()
	for strings.HasPrefix(path, pagesPath) {
		if own := s.ownPage(path); own != pagesPath {
			return own
		}
		path = path[:strings.LastIndexByte(path, '/')]
	}
	return pagesPath
}
