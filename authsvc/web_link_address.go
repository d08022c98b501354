package authsvc

import (
	"net/http"
	"strings"

	"github.com/jitsiauth/server/authsvc/web"
)

// linkAddress is what whoever gets a link opens, and what to warn of: a key, or
// nothing where the operator has named the address.
//
// Otherwise there is only the Host by which the browser asked. Nobody but that
// browser's owner chooses it: other sites can't, and the session's cookie goes to no
// other host than the one that set it. But a proxy may have changed it, so that the
// secret would be sent to whoever owns the name that came of that. So it is taken
// with a warning, and only as far as it can be an address of pages.
func (s *Server) linkAddress(r *http.Request, secret string) (address, warning string) {
	path := LinkPath + secret
	if s.opts.PagesURL != "" {
		return s.opts.PagesURL + path, ""
	}
	prefix, warning := "https://", "links.address.asked"
	if s.schemeOf(r) == schemeLocal {
		prefix, warning = "http://", "links.address.local"
	}
	base, err := ParsePublicURL(prefix + r.Host)
	if err != nil || !isHostText(r.Host) {
		return path, "links.address.path"
	}
	return base + path, warning
}

// isHostText reports what a host, maybe with a port, consists of. url.Parse takes
// more.
func isHostText(host string) bool {
	return strings.Trim(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]") == ""
}

// linkCode is the address as a code for cameras; nil where no telephone could open it.
func linkCode(address, warning string) *web.QR {
	if warning == "links.address.local" || warning == "links.address.path" {
		return nil
	}
	return web.NewQR(address)
}
