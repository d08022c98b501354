// Package prosodytest runs a real Prosody for tests, benchmarks and the demo.
//
// The module in this directory's parent must work on Prosody 0.12 and 13.0, whose
// differences (see the comments in mod_auth_http.lua) no fake would show. So nothing
// here is a mock: install.sh unpacks Debian's two packages side by side, and [Start]
// runs one of them on loopback with a set-up like Jitsi Meet's:
//
//	<domain>             VirtualHost under test; Config.HostOptions go here
//	guest.<domain>       VirtualHost, anonymous
//	auth.<domain>        VirtualHost, internal_hashed (where Jicofo logs in)
//	conference.<domain>  MUC
//	…                    Config.ExtraHosts
//
// A test:
//
//	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
//		s := prosodytest.StartTest(t, prosodytest.Config{
//			Version:     v,
//			ModulePath:  "..",
//			HostOptions: `authentication = "http"` + "\n" + `http_auth_url = ` + prosodytest.LuaString(url),
//		})
//		c, err := xmpptest.Login(ctx, xmpptest.TCP, s.Endpoint(), "alice", "secret")
//		…
//	})
//
// A machine without the unpacked trees skips such a test and says why; with
// JITSIAUTH_REQUIRE_PROSODY=1 in the environment (CI) it fails instead.
//
// find.go finds a tree, config.go and prosody.cfg.lua.tmpl write the configuration,
// server.go starts and stops, log.go keeps what Prosody said, ctl.go runs prosodyctl.
package prosodytest
