package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/jitsiauth/server/authsvc/client"
)

// target says which service, or which file, a command works on.
type target struct {
	socket, server, tokenFile, db string
	domains                       []string
	plainHTTP                     bool
}

func (t *target) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&t.socket, "socket", "", "unix `socket` of the service on this machine; JITSIAUTH_SOCKET (default run/jitsiauth.sock beside the database; for other commands than serve also "+unitSocket+")")
	fs.StringVar(&t.server, "server", "", "`URL` of a service elsewhere; JITSIAUTH_SERVER")
	fs.StringVar(&t.tokenFile, "token-file", "", "`file` with the token for --server; JITSIAUTH_TOKEN_FILE, or the token itself in JITSIAUTH_TOKEN")
	fs.BoolVar(&t.plainHTTP, "plain-http", false, "let the token go to another machine over plain http, where everyone on the way can read it")
	fs.StringVar(&t.db, "db", "", "database `file`: for serve JITSIAUTH_DB (default jitsiauth.db); for other commands, work on it while no service runs")
	fs.StringSliceVar(&t.domains, "domain", nil, "XMPP `domain` served, the first is the default; repeat or separate by comma; JITSIAUTH_DOMAIN (default meet.jitsi)")
}

// connect returns a client for what the flags and the environment name, and
// what to call when done with it.
func (a *app) connect(ctx context.Context) (*client.Client, func() error, error) {
	t := &a.target
	if err := a.env.check(); err != nil {
		return nil, nil, err
	}
	given := 0
	for _, way := range []string{t.socket, t.server, t.db} {
		if way != "" {
			given++
		}
	}
	if given > 1 {
		return nil, nil, usageError("--socket, --server and --db name different places to work on", "give one of them")
	}
	if t.tokenFile != "" && a.serverURL() == "" {
		return nil, nil, usageError("--token-file needs --server", "the unix socket and --db take no token")
	}
	if _, err := zone(a.env["JITSIAUTH_TIMEZONE"]); err != nil {
		return nil, nil, err
	}
	if t.db != "" {
		return a.openFile(ctx)
	}
	if len(t.domains) > 0 {
		return nil, nil, usageError("--domain is for serve and --db: a running service knows its domains", "name an account of another domain as NAME@DOMAIN")
	}
	where := a.where()
	if info, err := os.Lstat(where); err == nil && !a.placeNamed() && where != unitSocket && !ownFile(info) {
		return nil, nil, usageError("the socket "+where+" in this directory belongs to somebody else, who would see passwords",
			"if you trust them, name it: --socket "+where)
	}
	options := client.Options{Server: "unix:" + where}
	if server := a.serverURL(); server != "" {
		token, err := a.token()
		if err != nil {
			return nil, nil, err
		}
		options = client.Options{Server: server, Token: token, AllowInsecure: t.plainHTTP}
	}
	c, err := client.New(options)
	return c, func() error { return nil }, err
}

// where is the URL or the socket that the command goes to.
func (a *app) where() string {
	if server := a.serverURL(); server != "" {
		return server
	}
	path := a.target.socketPath(a.env)
	if a.placeNamed() {
		return path
	}
	return localSocket(path, unitSocket)
}

// placeNamed says whether the caller said which service it is to be.
func (a *app) placeNamed() bool {
	return a.serverURL() != "" || a.target.socket != "" || a.env["JITSIAUTH_SOCKET"] != "" || a.target.db != "" || a.env["JITSIAUTH_DB"] != ""
}

// unitSocket is where examples/prosody/jitsiauth.service has the socket.
const unitSocket = "/run/jitsiauth/jitsiauth.sock"

// localSocket is for someone who named no place: the socket in this directory, if
// it is theirs or root's, or else that of the systemd unit. In a directory that
// others can write to, somebody could wait for passwords behind a socket of their
// own; only root can make the unit's directory.
func localSocket(here, ofUnit string) string {
	if info, err := os.Lstat(here); err == nil && ownFile(info) {
		return here
	}
	if _, err := os.Lstat(filepath.Dir(ofUnit)); err != nil {
		return here
	}
	return ofUnit
}

// serverURL is empty where the command goes to the socket.
func (a *app) serverURL() string {
	if a.target.server == "" && a.target.socket == "" {
		return a.env["JITSIAUTH_SERVER"]
	}
	return a.target.server
}

// token is what --server is asked with.
func (a *app) token() (string, error) {
	if a.target.tokenFile != "" {
		token, err := readSecret(a.target.tokenFile)
		if err != nil {
			return "", usageError("--token-file: "+err.Error(), "")
		}
		return token, nil
	}
	token, err := a.env.secret("JITSIAUTH_TOKEN")
	if err == nil && token == "" {
		err = usageError("--server needs a token", "on the server: 'jitsiauth token create NAME --scope users:write > FILE'; then --token-file FILE or JITSIAUTH_TOKEN_FILE")
	}
	return token, err
}
