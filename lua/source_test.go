package lua_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// TestSource: what the service is told of where a login comes from.
func TestSource(t *testing.T) {
	forwarded := http.Header{"X-Forwarded-For": {"192.0.2.7"}}
	for _, test := range []struct {
		name    string
		proxies []string
		header  http.Header
		way     xmpptest.Transport
		source  string
		proxy   bool
	}{
		{"c2s", []string{}, nil, xmpptest.TCP, "127.0.0.1", false},
		{"WebSocket behind a trusted proxy", []string{"127.0.0.1"}, forwarded, xmpptest.WebSocket, "192.0.2.7", false},
		{"BOSH behind a trusted proxy", []string{"127.0.0.1"}, forwarded, xmpptest.BOSH, "192.0.2.7", false},
		{"WebSocket behind a proxy that nobody told Prosody of", []string{"198.51.100.1"}, forwarded, xmpptest.WebSocket, "127.0.0.1", true},
		{"BOSH behind a proxy that nobody told Prosody of", []string{"198.51.100.1"}, forwarded, xmpptest.BOSH, "127.0.0.1", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
				w := newWorld(t, options{version: v, proxies: test.proxies})
				e := w.prosody.Endpoint()
				e.Header = test.header
				if got := outcome(t, test.way, e, "nobody", "wrong"); got != "not-authorized" {
					t.Errorf("login: %s", got)
				}
				asked := w.relay.questions()
				var q struct {
					Username, Domain, Source, Transport string
					Proxy                               bool
				}
				if err := json.Unmarshal([]byte(asked[len(asked)-1]), &q); err != nil {
					t.Fatal(err)
				}
				transport := map[xmpptest.Transport]string{xmpptest.TCP: "c2s", xmpptest.WebSocket: "websocket", xmpptest.BOSH: "bosh"}[test.way]
				if q.Username != "nobody" || q.Domain != "meet.jitsi" || q.Source != test.source || q.Proxy != test.proxy || q.Transport != transport {
					t.Errorf("the service was asked %+v", q)
				}
			})
		})
	}
}
