package authsvc

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// sourceOf is the address that a request came from; invalid for a unix socket.
// What X-Forwarded-For says counts only if the other end of the connection is a
// trusted proxy, and then only as far back as trusted ones wrote it: each
// appends the address it was called from, and the rest is what the caller sent.
func (s *Server) sourceOf(r *http.Request) netip.Addr {
	source := remoteAddr(r)
	if !s.trusts(source) {
		return source
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, ok := parseHop(hop)
		if !ok {
			break // the nearest address known, then
		}
		source = addr
		if !s.trusts(source) {
			break
		}
	}
	return source
}

// trusts reports whether the address is that of a trusted proxy.
func (s *Server) trusts(addr netip.Addr) bool {
	return addr.IsValid() && slices.ContainsFunc(s.trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// parseHop reads an address, which some proxies write with its port.
func parseHop(text string) (netip.Addr, bool) {
	text = strings.Trim(text, " \t")
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	return plain(addr), true
}

// remoteAddr is the address of the connection's other end; invalid for a unix
// socket.
func remoteAddr(r *http.Request) netip.Addr {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return plain(from.Addr())
}

// plain makes one form of each address: no IPv4 in IPv6, no zone.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// plainPrefixes does the same to networks.
func plainPrefixes(networks []netip.Prefix) []netip.Prefix {
	var all []netip.Prefix
	for _, p := range networks {
		bits := p.Bits()
		if p.Addr().Is4In6() && bits >= 96 {
			bits -= 96
		}
		all = append(all, netip.PrefixFrom(plain(p.Addr()), bits).Masked())
	}
	return all
}
