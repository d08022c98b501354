package main

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/jitsiauth/server/lua/xmpptest"
)

// target says where to log in, and which way.
type target struct {
	url, c2s, domain string
	header           http.Header
}

func (t *target) register(flags *flag.FlagSet) {
	t.header = http.Header{}
	flags.StringVar(&t.url, "url", "", "`address` that ends in /xmpp-websocket or /http-bind, in clear or over TLS; certificates aren't checked")
	flags.StringVar(&t.c2s, "c2s", "", "`host:port` for XMPP over TCP")
	flags.StringVar(&t.domain, "domain", "meet.jitsi", "log in to this `host` of the server")
	flags.Func("header", "`\"Name: value\"` for each HTTP request; may be repeated", func(line string) error {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return errors.New("no colon")
		}
		t.header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		return nil
	})
}

func (t *target) endpoint() (xmpptest.Transport, xmpptest.Endpoint, error) {
	e := xmpptest.Endpoint{Domain: t.domain, Header: t.header, Unverified: true}
	if (t.url == "") == (t.c2s == "") {
		return "", e, errors.New("one of --url and --c2s is needed")
	}
	if t.c2s != "" {
		e.C2S = t.c2s
		return xmpptest.TCP, e, nil
	}
	u, err := url.Parse(t.url)
	if err != nil {
		return "", e, err
	}
	e.HTTP, e.HTTPS = u.Host, u.Scheme == "https" || u.Scheme == "wss"
	switch u.Path {
	case "/xmpp-websocket":
		return xmpptest.WebSocket, e, nil
	case "/http-bind":
		return xmpptest.BOSH, e, nil
	default:
		return "", e, fmt.Errorf("unknown path %q", u.Path)
	}
}
