package main

import (
	"crypto/x509"
	"net"
	"strings"
	"testing"
)

func TestParseNetwork(t *testing.T) {
	for text, want := range map[string]string{
		"172.18.0.5": "172.18.0.5/32", " 172.18.0.0/16 ": "172.18.0.0/16", "10.1.2.3/8": "10.1.2.3/8",
		"fd00::1": "fd00::1/128", "fd00::/8": "fd00::/8", "::ffff:10.0.0.0/104": "::ffff:10.0.0.0/104",
		"0.0.0.0/0": "", "::/0": "", "web": "", "172.18.0.5:80": "", "fe80::1%eth0": "", "172.18.0.0/33": "", "": "",
	} {
		got, err := parseNetwork(text)
		if want == "" {
			if err == nil || !strings.Contains(err.Error(), "JITSIAUTH_TRUSTED_PROXIES") {
				t.Errorf("%q: %v, %v", text, got, err)
			}
			continue
		}
		if err != nil || got.String() != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestNetworkSettings(t *testing.T) {
	for _, test := range []struct {
		name  string
		flags serveFlags
		env   environment
		want  int // networks; -1: refused
	}{
		{"none", serveFlags{}, nil, 0},
		{"flag", serveFlags{proxies: []string{"10.0.0.1"}}, nil, 1},
		{"flag over variable", serveFlags{proxies: []string{"10.0.0.1"}}, environment{"JITSIAUTH_TRUSTED_PROXIES": "10.0.0.2,10.0.0.3"}, 1},
		{"variable", serveFlags{}, environment{"JITSIAUTH_TRUSTED_PROXIES": "10.0.0.2, 10.0.0.3 10.0.0.4"}, 3},
		{"one wrong", serveFlags{}, environment{"JITSIAUTH_TRUSTED_PROXIES": "10.0.0.2,x"}, -1},
		{"both files", serveFlags{tlsCert: "c", tlsKey: "k"}, nil, 0},
		{"no key", serveFlags{tlsCert: "c"}, nil, -1},
		{"no certificate", serveFlags{tlsKey: "k"}, nil, -1},
	} {
		var c config
		err := test.flags.resolveNetwork(&c, test.env)
		if (err != nil) != (test.want < 0) || err == nil && len(c.Proxies) != test.want {
			t.Errorf("%s: %v, %v", test.name, c.Proxies, err)
		}
	}
}

func TestNameIn(t *testing.T) {
	for want, certificate := range map[string]*x509.Certificate{
		"auth.example.org":        {DNSNames: []string{"auth.example.org", "b.example.org"}, IPAddresses: []net.IP{{127, 0, 0, 1}}},
		"healthcheck.example.org": {DNSNames: []string{"*.example.org"}},
		"127.0.0.1":               {IPAddresses: []net.IP{{127, 0, 0, 1}}},
		"":                        {},
	} {
		if got := nameIn(certificate); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
