package xmpptest_test

import (
	"crypto/x509"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// behindTLS puts a web server with TLS in front of Prosody's HTTP port, and trusts it.
func behindTLS(t *testing.T, e xmpptest.Endpoint) xmpptest.Endpoint {
	t.Helper()
	web := httptest.NewTLSServer(httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: e.HTTP}))
	t.Cleanup(web.Close)
	e.HTTP, e.HTTPS = web.Listener.Addr().String(), true
	e.RootCAs = e.RootCAs.Clone()
	e.RootCAs.AddCert(web.Certificate())
	return e
}

func TestCertificates(t *testing.T) {
	everyWay(t, func(t *testing.T, s *prosodytest.Server, w xmpptest.Transport) {
		trusted := behindTLS(t, s.Endpoint())
		unverified, stranger := trusted, trusted
		unverified.RootCAs, unverified.Unverified = nil, true
		stranger.RootCAs = x509.NewCertPool()
		for name, e := range map[string]xmpptest.Endpoint{"trusted": trusted, "unverified": unverified} {
			c, err := xmpptest.Login(testContext(t), w, e, "alice", password)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			_ = c.Close()
		}
		if _, err := xmpptest.Dial(testContext(t), w, stranger); err == nil || !strings.Contains(err.Error(), "x509") {
			t.Errorf("got %v, want a refusal of the certificate", err)
		}
	})
}
