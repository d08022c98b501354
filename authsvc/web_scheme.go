package authsvc

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// scheme says how safe a browser's way to here is.
type scheme int

const (
	schemeUnsafe scheme = iota
	schemeHTTPS
	schemeLocal // http that doesn't leave the browser's own machine
)

var errNotHTTPS = &httpError{status: http.StatusForbidden, code: codeNotHTTPS, detail: "These pages are for https only."}

// schemeOf believes X-Forwarded-Proto only where it believes X-Forwarded-For. Who
// calls us "localhost" has us on their own machine, or a tunnel there, unless a
// proxy did so; those say where a request was forwarded from, or else the
// browser's Origin gives them away when something is to be changed.
func (s *Server) schemeOf(r *http.Request) scheme {
	protos := strings.Split(strings.Join(r.Header.Values("X-Forwarded-Proto"), ","), ",")
	nearest := strings.Trim(protos[len(protos)-1], " \t") // others could be the browser's own
	switch {
	case r.TLS != nil, s.trusts(remoteAddr(r)) && strings.EqualFold(nearest, "https"):
		return schemeHTTPS
	case isLoopback(r.Host) && !forwarded(r):
		return schemeLocal
	}
	return schemeUnsafe
}

func forwarded(r *http.Request) bool {
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via"} {
		if len(r.Header.Values(name)) > 0 {
			return true
		}
	}
	return false
}

// isLoopback reports a host, maybe with a port, that is the browser's own machine.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// cookieName is another one where a cookie goes over https: browsers take __Host-
// only from there, so that no neighbour in the domain can set it.
func (s *Server) cookieName(r *http.Request, name string) string {
	if s.schemeOf(r) == schemeHTTPS {
		return "__Host-" + name
	}
	return name
}

// setCookie with a negative age takes the cookie away; 0: until the browser ends.
func (s *Server) setCookie(w http.ResponseWriter, r *http.Request, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // secure but on the browser's own machine
		Name: s.cookieName(r, name), Value: value, Path: "/", MaxAge: age,
		Secure: s.schemeOf(r) == schemeHTTPS, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// cookie returns the value of a cookie; "" where there is none.
func (s *Server) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookieName(r, name))
	if err != nil {
		return ""
	}
	return c.Value
}
