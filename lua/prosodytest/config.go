package prosodytest

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

// Config says what Prosody to run. The zero value with a Version works: accounts by
// internal_hashed, free ports, a temporary directory.
type Config struct {
	// Version is required.
	Version Version

	// Domain of the VirtualHost under test. Default meet.jitsi. The names of the other
	// hosts end in it.
	Domain string

	// ModulePath is a directory with modules of one's own (mod_auth_http.lua), searched
	// before Prosody's. May be relative to the working directory. Default none.
	ModulePath string

	// MorePaths are more such directories, searched after ModulePath.
	MorePaths []string

	// Modules are names to add to the global modules_enabled, so that each host loads
	// them.
	Modules []string

	// HostOptions are raw Lua lines inside the VirtualHost of Domain, such as
	// `authentication = "http"`. Use LuaString for values. The default, none, leaves the
	// host with internal_hashed.
	HostOptions string

	// GlobalOptions are raw Lua lines at the end of the global section. For one: Prosody
	// leaves Nagle's algorithm on, which with the kernel's delayed ACK makes each single
	// TCP login wait 40 ms without work; `network_settings = { nagle = false }` doesn't.
	GlobalOptions string

	// ExtraHosts are raw Lua lines at the end of the configuration: more hosts and
	// components.
	ExtraHosts string

	// TrustedProxies are the addresses or CIDRs whose X-Forwarded-For Prosody believes.
	// nil leaves Prosody's default, which is loopback; an empty list trusts nobody.
	TrustedProxies []string

	// LogLevel is "info" (the default) or "debug". Anything quieter is refused, because
	// Start waits for lines of level info.
	LogLevel string

	// C2SPort and HTTPPort on 127.0.0.1; 0 takes a free one.
	C2SPort, HTTPPort int

	// Dir holds configuration, accounts and the certificate, and is made if missing; a
	// later Start with the same Dir finds the same accounts. Keep it under 80 bytes: a
	// unix socket lies in it. Default a temporary directory, removed by Stop.
	Dir string

	// Stdout gets the log as it is written, besides [Server.Log]. Default none.
	Stdout io.Writer
}

// normalize fills in the defaults, makes Dir and makes paths absolute. temp tells that
// Dir is to be removed in the end.
func (c *Config) normalize() (temp bool, err error) {
	if c.Domain == "" {
		c.Domain = "meet.jitsi"
	}
	switch c.LogLevel {
	case "":
		c.LogLevel = "info"
	case "info", "debug":
	default:
		return false, fmt.Errorf("LogLevel %q: only info and debug are allowed", c.LogLevel)
	}
	if err := c.absolutePaths(); err != nil {
		return false, err
	}
	if c.Dir == "" {
		c.Dir, err = os.MkdirTemp("", "prosody-")
		return true, err
	}
	if c.Dir, err = filepath.Abs(c.Dir); err != nil {
		return false, err
	}
	if len(c.Dir) > 80 {
		return false, fmt.Errorf("%s: a unix socket is made there, so at most 80 bytes", c.Dir)
	}
	return false, os.MkdirAll(c.Dir, 0o700)
}

// absolutePaths makes the directories of modules absolute: Prosody has a working
// directory of its own.
func (c *Config) absolutePaths() (err error) {
	if c.ModulePath != "" {
		if c.ModulePath, err = filepath.Abs(c.ModulePath); err != nil {
			return err
		}
	}
	c.MorePaths = slices.Clone(c.MorePaths) // the caller's own stays as it is
	for i := range c.MorePaths {
		if c.MorePaths[i], err = filepath.Abs(c.MorePaths[i]); err != nil {
			return err
		}
	}
	return nil
}

//go:embed prosody.cfg.lua.tmpl
var configText string

var configTemplate = template.Must(template.New("prosody.cfg.lua").
	Funcs(template.FuncMap{"lua": LuaString}).Parse(configText))

// writeConfig writes prosody.cfg.lua into c.Dir and returns its path.
func writeConfig(c Config, c2sPort, httpPort int) (string, error) {
	path := filepath.Join(c.Dir, "prosody.cfg.lua")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the caller's own Dir
	if err != nil {
		return "", err
	}
	err = configTemplate.Execute(f, struct {
		Config
		C2SPort, HTTPPort int
		Root, ProxiesSet  bool
	}{c, c2sPort, httpPort, os.Getuid() == 0, c.TrustedProxies != nil})
	return path, errors.Join(err, f.Close())
}

// LuaString quotes s as a Lua string literal. Every byte survives, also those that are
// no UTF-8.
func LuaString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\%03d`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
