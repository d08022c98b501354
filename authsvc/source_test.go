package authsvc_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// TestSource: the address in the log is the last one that a trusted proxy vouches
// for, whatever the caller wrote before it.
func TestSource(t *testing.T) {
	const loopback, inner = "127.0.0.1/32", "10.0.0.0/8"
	for _, test := range []struct {
		name    string
		trusted []string
		header  []string
		want    string
	}{
		{"nobody is trusted", nil, []string{"192.0.2.7"}, "127.0.0.1"},
		{"another is trusted", []string{inner}, []string{"192.0.2.7"}, "127.0.0.1"},
		{"trusted", []string{loopback}, []string{"192.0.2.7"}, "192.0.2.7"},
		{"trusted, as IPv4 in IPv6", []string{"::ffff:127.0.0.0/104"}, []string{"192.0.2.7"}, "192.0.2.7"},
		{"no header", []string{loopback}, nil, "127.0.0.1"},
		{"empty header", []string{loopback}, []string{""}, "127.0.0.1"},
		{"forged by the caller", []string{loopback}, []string{"203.0.113.1, 192.0.2.7"}, "192.0.2.7"},
		{"forged in a line of its own", []string{loopback}, []string{"203.0.113.1", "192.0.2.7"}, "192.0.2.7"},
		{"two proxies", []string{loopback, inner}, []string{"203.0.113.1, 192.0.2.7, 10.1.2.3"}, "192.0.2.7"},
		{"only proxies", []string{loopback, inner}, []string{"10.9.9.9, 10.1.2.3"}, "10.9.9.9"},
		{"nonsense", []string{loopback}, []string{"unknown"}, "127.0.0.1"},
		{"nonsense behind a proxy", []string{loopback, inner}, []string{"192.0.2.7, x, 10.1.2.3"}, "10.1.2.3"},
		{"with a port", []string{loopback}, []string{"192.0.2.7:1234"}, "192.0.2.7"},
		{"IPv6", []string{loopback}, []string{"2001:db8::7"}, "2001:db8::7"},
		{"IPv6 in brackets", []string{loopback}, []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"IPv6 with a port", []string{loopback}, []string{"[2001:db8::7]:1234"}, "2001:db8::7"},
		{"IPv4 in IPv6", []string{loopback}, []string{"::ffff:192.0.2.7"}, "192.0.2.7"},
	} {
		var opts authsvc.Options
		for _, network := range test.trusted {
			opts.TrustedProxies = append(opts.TrustedProxies, netip.MustParsePrefix(network))
		}
		b := newBenchOn(t, memstore.New(), opts)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/api/v1/users", strings.NewReader(`{"username":"alice","generate":true}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header = http.Header{
			"Authorization": {"Bearer " + b.secret(jitsiauth.ScopeUsersWrite)}, "Content-Type": {"application/json"},
			"X-Forwarded-For": test.header, "X-Real-Ip": {"203.0.113.9"}, "Forwarded": {"for=203.0.113.9"},
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil || response.StatusCode != http.StatusCreated {
			t.Fatal(response, err)
		}
		response.Body.Close()
		var source netip.Addr
		for change, err := range b.svc.Changes(t.Context(), jitsiauth.Position{}) {
			if err != nil {
				t.Fatal(err)
			}
			source = change.Source
		}
		if source.String() != test.want {
			t.Errorf("%s: %s, want %s", test.name, source, test.want)
		}
	}
}

// Who is refused stands in the log with the address that counts, and the peer's.
func TestSourceOfRefused(t *testing.T) {
	b := newBenchOn(t, memstore.New(), authsvc.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	b.send(http.MethodGet, "/api/v1/users", "", "", "X-Forwarded-For", "192.0.2.7")
	if !strings.Contains(b.log.String(), `"source":"192.0.2.7","peer":"127.0.0.1:`) {
		t.Error(b.log)
	}
}
