package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/jitsiauth/server/authsvc"
)

// addNetworkFlags adds what says how the TCP address is reached.
func (f *serveFlags) addNetworkFlags(fs *pflag.FlagSet, env environment) {
	fs.StringVar(&f.tlsCert, "tls-cert", env["JITSIAUTH_TLS_CERT"], "`file` with the certificate and its issuers' in PEM, to speak https; read again when it changes; JITSIAUTH_TLS_CERT")
	fs.StringVar(&f.tlsKey, "tls-key", env["JITSIAUTH_TLS_KEY"], "`file` with the certificate's key in PEM; JITSIAUTH_TLS_KEY")
	fs.StringSliceVar(&f.proxies, "trusted-proxy", nil, "`address` or network of a reverse proxy whose X-Forwarded-For is believed; repeat or separate by comma; JITSIAUTH_TRUSTED_PROXIES")
	fs.StringVar(&f.publicURL, "public-url", env["JITSIAUTH_PUBLIC_URL"], "`URL` under which browsers reach Jitsi, such as https://meet.example.org, for texts and links that are handed on; JITSIAUTH_PUBLIC_URL (default: links are paths)")
	fs.StringVar(&f.pagesURL, "pages-url", env["JITSIAUTH_PAGES_URL"], "`URL` under which browsers reach /accounts/, if that has a host name of its own, such as https://accounts.example.org; JITSIAUTH_PAGES_URL (default: --public-url)")
}

// publicURL reads a setting of that kind; "" means that it is not known.
func publicURL(setting, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	address, err := authsvc.ParsePublicURL(text)
	if err != nil {
		return "", usageError(setting+": "+err.Error(), "")
	}
	return address, nil
}

const (
	publicSetting = "--public-url (JITSIAUTH_PUBLIC_URL)"
	pagesSetting  = "--pages-url (JITSIAUTH_PAGES_URL)"
)

// resolveNetwork fills in what addNetworkFlags is about.
func (f *serveFlags) resolveNetwork(c *config, env environment) error {
	if (f.tlsCert == "") != (f.tlsKey == "") {
		return usageError("--tls-cert (JITSIAUTH_TLS_CERT) and --tls-key (JITSIAUTH_TLS_KEY) need each other", "give both for https, or neither for http")
	}
	c.TLSCert, c.TLSKey = f.tlsCert, f.tlsKey
	proxies := f.proxies
	if len(proxies) == 0 {
		proxies = strings.FieldsFunc(env["JITSIAUTH_TRUSTED_PROXIES"], func(r rune) bool { return r == ',' || r == ' ' })
	}
	for _, text := range proxies {
		network, err := parseNetwork(text)
		if err != nil {
			return err
		}
		c.Proxies = append(c.Proxies, network)
	}
	var err error
	if c.PublicURL, err = publicURL(publicSetting, f.publicURL); err != nil {
		return err
	}
	c.PagesURL, err = publicURL(pagesSetting, f.pagesURL)
	return err
}

// parseNetwork reads an address or a network.
func parseNetwork(text string) (netip.Prefix, error) {
	const setting = "--trusted-proxy (JITSIAUTH_TRUSTED_PROXIES): "
	text = strings.TrimSpace(text)
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, usageError(setting+"must hold addresses like 172.18.0.5 or networks like 172.18.0.0/16", "")
	}
	if network.Bits() == 0 {
		return netip.Prefix{}, usageError(setting+"must not trust every address", "anybody could name any address as their own; give the proxy's")
	}
	return network, nil
}

// tls is nil where the TCP address speaks plain http.
func (c *config) tls(logger *slog.Logger) (*tls.Config, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	secured, err := authsvc.TLSConfig(c.TLSCert, c.TLSKey, logger)
	if err != nil {
		return nil, usageError("--tls-cert (JITSIAUTH_TLS_CERT), --tls-key (JITSIAUTH_TLS_KEY): "+err.Error(), "both are PEM files that this user can read, and belong together")
	}
	return secured, nil
}

// trustOwn returns a transport for the service on this machine that speaks
// https: it trusts the service's own certificate, under the name that stands in
// it, whatever address the service is reached at.
func trustOwn(certFile string) (http.RoundTripper, error) {
	text, err := os.ReadFile(certFile)
	if err != nil {
		return nil, usageError("JITSIAUTH_TLS_CERT: "+err.Error(), "")
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, usageError("JITSIAUTH_TLS_CERT: "+certFile+" is no PEM file", "")
	}
	own, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, usageError("JITSIAUTH_TLS_CERT: "+err.Error(), "")
	}
	roots := x509.NewCertPool()
	roots.AddCert(own)
	return &http.Transport{TLSClientConfig: &tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: nameIn(own),
	}}, nil
}

// nameIn is a name that the certificate is valid for.
func nameIn(certificate *x509.Certificate) string {
	switch {
	case len(certificate.DNSNames) > 0:
		return strings.Replace(certificate.DNSNames[0], "*", "healthcheck", 1)
	case len(certificate.IPAddresses) > 0:
		return certificate.IPAddresses[0].String()
	}
	return certificate.Subject.CommonName // which no longer counts; the error will say so
}
