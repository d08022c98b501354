// Package client calls the HTTP API of package authsvc from Go. Decisions come
// back as the errors of package jitsiauth, so errors.Is and errors.As work as
// if the domain had been called:
//
//	c, err := client.New(client.Options{Server: "unix:/run/jitsiauth/jitsiauth.sock"})
//	…
//	user, err := c.CreateUser(ctx, api.NewUser{JID: "alice@meet.jitsi", Generate: true})
//	if errors.Is(err, jitsiauth.ErrExists) { … }
//
// No error holds a token or a password.
package client

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Options says where the service is. Server must be given.
type Options struct {
	// Server is https://host, which may have a port and a path before the
	// API's own, or unix:/path for the service's socket on this machine.
	Server string
	// Token is sent with each request. The socket needs none.
	Token string
	// AllowInsecure lets Token go over plain http to another machine, where
	// everyone on the way can read it.
	AllowInsecure bool
	// Transport carries the requests to an http(s) server. Default: one like
	// http.DefaultTransport.
	Transport http.RoundTripper
}

// Client calls one service. It is safe for concurrent use. It waits at most
// answerTimeout for an answer to begin; for less, give a context with a deadline.
type Client struct {
	http  *http.Client
	base  string // without a slash at the end
	token string
}

// New returns a Client. It does not connect. It returns an error for options
// that can't work.
func New(opts Options) (*Client, error) {
	if strings.ContainsFunc(opts.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the token holds a space, a line break or another character that no token has")
	}
	c := &Client{token: opts.Token}
	var transport http.RoundTripper
	if path, isSocket := strings.CutPrefix(opts.Server, "unix:"); isSocket {
		if path == "" {
			return nil, errors.New("server: unix: needs the path of a socket")
		}
		c.base, transport = "http://localhost", socketTransport(path)
	} else {
		base, err := checkServer(opts)
		if err != nil {
			return nil, err
		}
		c.base, transport = base, opts.Transport
		if transport == nil {
			transport = defaultTransport()
		}
	}
	// A redirect would turn a POST into a GET, or take the token elsewhere.
	c.http = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// answerTimeout is above what the service allows itself for any answer.
const answerTimeout = time.Minute

// Close ends connections that are not in use.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// defaultTransport has connections of its own, which Close may close.
func defaultTransport() http.RoundTripper {
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	transport = transport.Clone()
	transport.ResponseHeaderTimeout = answerTimeout
	return transport
}

func socketTransport(path string) http.RoundTripper {
	return &http.Transport{
		ResponseHeaderTimeout: answerTimeout,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
	}
}

// checkServer returns the address without its last slash. Its errors don't
// repeat the address, which may hold a password.
func checkServer(opts Options) (string, error) {
	u, err := url.Parse(opts.Server)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "", errors.New("server: must look like https://host or unix:/path")
	case u.User != nil:
		return "", errors.New("server: must not hold a name or password; a token has its own option")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "", errors.New("server: must not hold a query or a fragment")
	case u.Scheme == "http" && opts.Token != "" && !opts.AllowInsecure && !isLoopback(u.Hostname()):
		return "", errors.New("server: a token is not sent to another machine over plain http, where everyone on the way can read it: use https, or allow it explicitly")
	}
	return strings.TrimRight(u.Scheme+"://"+u.Host+u.EscapedPath(), "/"), nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}
