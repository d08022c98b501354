package focustest

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/jitsiauth/server/lua/prosodytest"
)

// What Jicofo logs in with. The account's name is its resource and its nick, too.
const (
	account  = "focus"
	password = "the password of focus"
)

// ProxyOf is where clients of a domain reach Jicofo.
func ProxyOf(domain string) string { return "focus." + domain }

// Configure adds the proxy to what Prosody is to be started with. c.Domain may be
// empty, as there.
func Configure(c *prosodytest.Config) {
	domain := c.Domain
	if domain == "" {
		domain = "meet.jitsi"
	}
	_, file, _, _ := runtime.Caller(0) // beside the module, wherever the test runs
	c.MorePaths = append(c.MorePaths, filepath.Dir(file))
	c.ExtraHosts += fmt.Sprintf("\nComponent %s \"client_proxy\"\n\ttarget_address = %s\n",
		prosodytest.LuaString(ProxyOf(domain)), prosodytest.LuaString(account+"@auth."+domain))
}

// Prepare makes Jicofo's account on a server that was started as Configure says, and
// lets the proxy see its presence, both as docker-jitsi-meet's start-up does: by
// prosodyctl, and by an entry in the account's roster. Once for a directory is enough.
func Prepare(ctx context.Context, s *prosodytest.Server) error {
	if err := s.Register(ctx, account, s.Auth, password); err != nil {
		return err
	}
	user, host, proxy := prosodytest.LuaString(account), prosodytest.LuaString(s.Auth), prosodytest.LuaString(ProxyOf(s.Domain))
	out, err := s.Ctl(ctx, "shell", fmt.Sprintf(
		`> (function () local m = require "core.rostermanager"; local r = m.load_roster(%s, %s); `+
			`r[%s] = { subscription = "from", groups = {} }; return m.save_roster(%s, %s, r, %s) and "saved" end)()`,
		user, host, proxy, user, host, proxy))
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
