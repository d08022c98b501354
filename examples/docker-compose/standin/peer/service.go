package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/jitsiauth/server/lua/focustest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

const (
	dialTimeout = 10 * time.Second
	pingEvery   = 10 * time.Second
	maxBackoff  = 5 * time.Second
)

// servant is a server-side client of Prosody: it stays logged in, and in the room where
// Jicofo and the bridges find each other.
type servant struct {
	endpoint       xmpptest.Endpoint
	user, password string
	room           string
	focus          *focustest.Focus // what Jicofo remembers; nil for others
	out            io.Writer
}

// service keeps a servant logged in until ctx ends. What it isn't told it takes from
// the environment, under the names that Jitsi's images know.
func service(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	env := func(name, fallback string) string {
		if value := getenv(name); value != "" {
			return value
		}
		return fallback
	}
	flags := flag.NewFlagSet("peer service", flag.ContinueOnError)
	flags.SetOutput(stderr)
	user := flags.String("user", "", "log in as this `name` on XMPP_AUTH_DOMAIN")
	password := flags.String("password-env", "", "the `variable` with the password")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	s := &servant{
		endpoint: xmpptest.Endpoint{
			C2S:        env("XMPP_SERVER", "xmpp.meet.jitsi") + ":" + env("XMPP_PORT", "5222"),
			Domain:     env("XMPP_AUTH_DOMAIN", "auth.meet.jitsi"),
			Unverified: true, // self-signed; Jitsi's do the same
		},
		user: *user, password: getenv(*password),
		room: "jvbbrewery@" + env("XMPP_INTERNAL_MUC_DOMAIN", "internal-muc.meet.jitsi"),
		out:  stdout,
	}
	if s.user == "" || s.password == "" {
		fmt.Fprintf(stderr, "FATAL ERROR: --user and a password in %q must be set\n", *password)
		return 1
	}
	if s.user == "focus" {
		s.focus = focustest.NewAt(s.endpoint, env("XMPP_DOMAIN", "meet.jitsi"), s.user, s.password)
	}
	s.serve(ctx)
	return 0
}

// serve logs in again and again, until ctx ends.
func (s *servant) serve(ctx context.Context) {
	pause := maxBackoff / 16
	for ctx.Err() == nil {
		loggedIn, err := s.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if loggedIn {
			pause = maxBackoff / 16
		}
		fmt.Fprintf(s.out, "%s@%s: %v; again in %v\n", s.user, s.endpoint.Domain, err, pause)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, maxBackoff)
	}
}

// session is one login and all that follows; it returns when the stream or ctx ends.
func (s *servant) session(ctx context.Context) (loggedIn bool, err error) {
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := s.login(dialing)
	if err != nil {
		return false, err
	}
	defer func() { _ = c.Close() }()
	if err := c.JoinMUC(dialing, s.room, s.user); err != nil {
		return false, err
	}
	fmt.Fprintf(s.out, "logged in as %s, in %s\n", c.JID(), s.room)
	for {
		select {
		case <-ctx.Done():
			return true, ctx.Err()
		case <-c.Done():
			return true, c.Err()
		case <-time.After(pingEvery):
			if err := s.show(ctx, c); err != nil {
				return true, err
			}
		}
	}
}

// login is Jicofo's, which answers requests from then on, or just a login.
func (s *servant) login(ctx context.Context) (*xmpptest.Conn, error) {
	if s.focus == nil {
		return xmpptest.Login(ctx, xmpptest.TCP, s.endpoint, s.user, s.password)
	}
	s.focus.Stop() // what the last session left
	err := s.focus.Start(ctx)
	return s.focus.Conn(), err
}

// show tells Prosody that the servant is there, and Jicofo clients' way to it, which
// may have been opened after its login.
func (s *servant) show(ctx context.Context, c *xmpptest.Conn) error {
	if s.focus != nil {
		if err := c.Send(ctx, "<presence xmlns='jabber:client'/>"); err != nil {
			return fmt.Errorf("presence: %w", err)
		}
	}
	if err := ping(ctx, c, dialTimeout); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	return nil
}

func ping(ctx context.Context, c *xmpptest.Conn, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	_, err := c.Ping(ctx, "")
	return err
}
