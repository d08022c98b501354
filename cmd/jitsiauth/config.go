package main

import (
	"errors"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/jitsiauth/server/jitsiauth"
)

// config is what serve runs with: flags over environment over defaults.
type config struct {
	DB               string
	Listen           string
	Socket           string
	SocketGroup      string
	Domains          []string
	Timezone         *time.Location
	BcryptCost       int
	Hashers          int // 0: the default
	NoLoginCache     bool
	CompatAuth       bool
	ProsodyToken     string
	ChangesRetention time.Duration // 0: the default
	LoginsRetention  time.Duration // 0: the default
	TLSCert          string        // with TLSKey; both or neither
	TLSKey           string
	Proxies          []netip.Prefix
	PublicURL        string // as authsvc.ParsePublicURL returns it; empty: not known
	PagesURL         string // likewise; empty: PublicURL
	SeedFile         string // accounts to make if they are missing; empty: none
	SeedPasswords    string // where those go that are generated for them
}

// scheme is what the TCP address speaks.
func (c *config) scheme() string {
	if c.TLSCert != "" {
		return "https"
	}
	return "http"
}

const (
	defaultDB     = "jitsiauth.db"
	defaultListen = "127.0.0.1:8090"
	defaultSocket = "run/jitsiauth.sock" // beside the database
)

// serveFlags are the flags of serve as the user wrote them.
type serveFlags struct {
	listen, socketGroup, timezone, bcryptCost string
	hashers                                   string
	loginCache, compatAuth                    bool
	tlsCert, tlsKey                           string
	proxies                                   []string
	publicURL, pagesURL                       string
	changesRetention, loginsRetention         string
	seedFile, seedPasswords                   string
}

func (f *serveFlags) addFlags(fs *pflag.FlagSet, env environment) {
	fs.StringVar(&f.listen, "listen", env.or("JITSIAUTH_LISTEN", defaultListen), "`address` to answer on; JITSIAUTH_LISTEN")
	fs.StringVar(&f.socketGroup, "socket-group", env["JITSIAUTH_SOCKET_GROUP"], "`group` that may use the unix socket besides this user and root; JITSIAUTH_SOCKET_GROUP")
	fs.StringVar(&f.timezone, "timezone", env["JITSIAUTH_TIMEZONE"], "`zone` of mere dates, such as Asia/Tokyo; JITSIAUTH_TIMEZONE (default: this machine's)")
	fs.StringVar(&f.bcryptCost, "bcrypt-cost", env["JITSIAUTH_BCRYPT_COST"], "cost of password hashes, 10 to 14; each step doubles the time; JITSIAUTH_BCRYPT_COST (default 12)")
	fs.StringVar(&f.hashers, "hashers", env["JITSIAUTH_HASHERS"], "how many passwords are hashed at once, a processor each; JITSIAUTH_HASHERS (default: one less than there are processors)")
	fs.BoolVar(&f.loginCache, "login-cache", true, "recognise a password that was right in the last 15 minutes without hashing it; JITSIAUTH_LOGIN_CACHE")
	fs.BoolVar(&f.compatAuth, "compat-auth", false, "also answer the community mod_auth_http (password in the query: prefer our module); JITSIAUTH_COMPAT_AUTH")
	f.addNetworkFlags(fs, env)
	fs.StringVar(&f.changesRetention, "changes-retention", env["JITSIAUTH_CHANGES_RETENTION"], "`days` that the log of changes is kept; JITSIAUTH_CHANGES_RETENTION (default 400)")
	fs.StringVar(&f.loginsRetention, "logins-retention", env["JITSIAUTH_LOGINS_RETENTION"], "`days` that the log of logins is kept; JITSIAUTH_LOGINS_RETENTION (default 90)")
	fs.StringVar(&f.seedFile, "seed-file", env["JITSIAUTH_SEED_FILE"], "`file` of accounts, as for 'apply': those that are missing are made at each start, so take out of it who is to stay removed; others are left as they are; JITSIAUTH_SEED_FILE")
	fs.StringVar(&f.seedPasswords, "seed-passwords-file", env["JITSIAUTH_SEED_PASSWORDS_FILE"], "`file` that passwords generated for them are added to; JITSIAUTH_SEED_PASSWORDS_FILE (default seed.passwords beside the database)")
}

// resolve makes the config that serve runs with, or a usage error that names
// the setting.
func (f *serveFlags) resolve(t *target, env environment, changed func(flag string) bool) (*config, error) {
	if err := env.check(); err != nil {
		return nil, err
	}
	if t.server != "" || t.tokenFile != "" {
		return nil, usageError("serve takes no --server or --token-file", "they are for commands that talk to a service elsewhere")
	}
	c := &config{
		DB:          t.database(env),
		Listen:      f.listen,
		Socket:      t.socketPath(env),
		SocketGroup: f.socketGroup,
	}
	var err error
	if c.Domains, err = t.domainList(env); err != nil {
		return nil, err
	}
	if c.Timezone, err = zone(f.timezone); err != nil {
		return nil, err
	}
	if c.BcryptCost, err = bcryptCost(f.bcryptCost); err != nil {
		return nil, err
	}
	if c.ChangesRetention, err = retention("--changes-retention (JITSIAUTH_CHANGES_RETENTION)", f.changesRetention); err != nil {
		return nil, err
	}
	if c.LoginsRetention, err = retention("--logins-retention (JITSIAUTH_LOGINS_RETENTION)", f.loginsRetention); err != nil {
		return nil, err
	}
	if c.Hashers, err = hashers(f.hashers); err != nil {
		return nil, err
	}
	if c.CompatAuth, err = yesOrNo(f.compatAuth, changed("compat-auth"), env, "JITSIAUTH_COMPAT_AUTH"); err != nil {
		return nil, err
	}
	cache, err := yesOrNo(f.loginCache, changed("login-cache"), env, "JITSIAUTH_LOGIN_CACHE")
	if err != nil {
		return nil, err
	}
	c.NoLoginCache = !cache
	if err := f.resolveNetwork(c, env); err != nil {
		return nil, err
	}
	if err := f.resolveSeed(c); err != nil {
		return nil, err
	}
	c.ProsodyToken, err = env.secret("JITSIAUTH_PROSODY_TOKEN")
	return c, err
}

// bcryptCost reads the setting; "" is the default's 0.
func bcryptCost(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	cost, err := strconv.Atoi(text)
	if err != nil || cost == 0 {
		return 0, usageError("--bcrypt-cost (JITSIAUTH_BCRYPT_COST): must be a number", "10 to 14; each step doubles the time of a login")
	}
	return cost, nil
}

// maxHashers is beyond every machine that runs a Jitsi.
const maxHashers = 1024

// hashers reads the setting; "" is the default's 0.
func hashers(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxHashers {
		return 0, usageError("--hashers (JITSIAUTH_HASHERS): must be a number from 1 to "+strconv.Itoa(maxHashers), "leave it out for one less than there are processors")
	}
	return n, nil
}

// yesOrNo is a flag that was given, or else the variable, or else the flag's default.
func yesOrNo(flag, given bool, env environment, name string) (bool, error) {
	text := env[name]
	if text == "" || given {
		return flag, nil
	}
	yes, err := strconv.ParseBool(text)
	if err != nil {
		return false, usageError(name+" must be true or false", "")
	}
	return yes, nil
}

// maxRetention is in days: a hundred years.
const maxRetention = 36500

// retention reads a number of days; "" is the default's 0.
func retention(setting, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	days, err := strconv.Atoi(text)
	if err != nil || days < 1 || days > maxRetention {
		return 0, usageError(setting+": must be a number of days, 1 to "+strconv.Itoa(maxRetention), "")
	}
	return time.Duration(days) * 24 * time.Hour, nil
}

// newService makes the domain over a store; its complaints about options become
// such about settings.
func newService(store jitsiauth.Store, o jitsiauth.Options) (*jitsiauth.Service, error) {
	svc, err := jitsiauth.New(store, o)
	if wrong, ok := errors.AsType[*jitsiauth.InvalidError](err); ok {
		setting := map[string]string{
			"domain":        "--domain (JITSIAUTH_DOMAIN)",
			"bcrypt_cost":   "--bcrypt-cost (JITSIAUTH_BCRYPT_COST)",
			"prosody_token": "JITSIAUTH_PROSODY_TOKEN",
		}[wrong.Field]
		return nil, usageError(setting+": "+wrong.Rule, "")
	}
	return svc, err
}

// zone loads a time zone; "" is this machine's.
func zone(name string) (*time.Location, error) {
	if name == "" {
		return time.Local, nil
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, usageError("--timezone (JITSIAUTH_TIMEZONE): "+err.Error(), "use a name like Asia/Tokyo or UTC")
	}
	return location, nil
}

// database is the file, by flag or environment or default.
func (t *target) database(env environment) string {
	if t.db != "" {
		return t.db
	}
	return env.or("JITSIAUTH_DB", defaultDB)
}

// socketPath is the unix socket: beside the database where nothing else is said.
func (t *target) socketPath(env environment) string {
	if t.socket != "" {
		return t.socket
	}
	return env.or("JITSIAUTH_SOCKET", filepath.Join(filepath.Dir(t.database(env)), defaultSocket))
}

// domainList is never empty.
func (t *target) domainList(env environment) ([]string, error) {
	if len(t.domains) > 0 {
		return t.domains, nil
	}
	domains := strings.FieldsFunc(env.or("JITSIAUTH_DOMAIN", jitsiauth.DefaultDomain), func(r rune) bool { return r == ',' || r == ' ' })
	if len(domains) == 0 {
		return nil, usageError("JITSIAUTH_DOMAIN names no domain", "leave it out for "+jitsiauth.DefaultDomain)
	}
	return domains, nil
}
