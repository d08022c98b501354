package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

func (a *app) serveCommand() *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service that Prosody and the other commands ask",
		Long: `Run the service until it gets SIGINT or SIGTERM; running logins are finished
first. The first start makes the database and, beside it, prosody.token for
Prosody's http_auth_token_file. It needs no setting.

With --seed-file, accounts that the file names and that are missing are made while
the service answers already; those that are there stay as they are, whatever the
file says ('apply' changes them). Who was removed is made again by the next start
while the file names them: take them out there first. See 'jitsiauth apply --help'
for the file.

Each flag can also be set as the variable named with it; a flag wins. Secrets
come from JITSIAUTH_PROSODY_TOKEN or JITSIAUTH_PROSODY_TOKEN_FILE (a token of at
least 32 characters that Prosody uses instead of prosody.token).`,
		Args: cobra.NoArgs,
	}
	flags.addFlags(cmd.Flags(), a.env)
	cmd.RunE = does(func(cmd *cobra.Command, _ []string) error {
		c, err := flags.resolve(&a.target, a.env, cmd.Flags().Changed)
		if err != nil {
			return err
		}
		return serve(cmd.Context(), c, a.stdout, a.stderr)
	})
	return cmd
}

// serve opens, wires and serves, and returns when ctx ends.
func serve(ctx context.Context, c *config, stdout, stderr io.Writer) (err error) {
	logger := slog.New(slog.NewTextHandler(stderr, nil))
	store, err := boltstore.Open(c.DB, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	metrics := authsvc.NewMetrics()
	svc, err := newService(metrics.Store(store), jitsiauth.Options{
		Domains: c.Domains, BcryptCost: c.BcryptCost, ProsodyToken: c.ProsodyToken, Logger: logger, ObserveHash: metrics.ObserveHash,
		Hashers: c.Hashers, NoLoginCache: c.NoLoginCache, ChangesRetention: c.ChangesRetention, LoginsRetention: c.LoginsRetention,
	})
	if err != nil {
		return err
	}
	if domain, err := strangeDomain(ctx, svc); err != nil {
		return err
	} else if domain != "" {
		logger.Warn("no account is of a domain that is served", "served", svc.Domains(), "accounts", domain, "hint", "give --domain "+domain)
	}
	server := authsvc.New(svc, c.face(logger, metrics))
	seed, err := openSeed(ctx, c, svc, server, logger)
	if err != nil {
		return err
	}
	listeners, err := listen(c, logger)
	if err != nil {
		return errors.Join(err, seed.close())
	}
	// Last, so that a start that failed for another reason is still the first.
	tokenFile, err := ensureProsodyToken(ctx, svc, store, c)
	if err != nil {
		return errors.Join(err, closeAll(listeners), seed.close())
	}
	announce(stdout, c, listeners[0].Addr().String(), svc.Domains(), tokenFile)
	return alongside(ctx, svc, func() error {
		stopped := seed.start(ctx)
		err := server.Serve(ctx, listeners...)
		return errors.Join(err, stopped())
	})
}

// face are the settings of the HTTP face.
func (c *config) face(logger *slog.Logger, metrics *authsvc.Metrics) authsvc.Options {
	return authsvc.Options{
		Logger: logger, Timezone: c.Timezone, CompatAuth: c.CompatAuth, Version: version(), TrustedProxies: c.Proxies, Metrics: metrics,
		PublicURL: c.PublicURL, PagesURL: c.PagesURL,
	}
}

// alongside runs the service's own work while serving goes on, and a little
// longer: the last login is to be written too.
func alongside(ctx context.Context, svc *jitsiauth.Service, serving func() error) error {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ran := make(chan error, 1)
	go func() { ran <- svc.Run(ctx) }()
	err := serving()
	stop()
	return errors.Join(err, <-ran)
}

// listen opens the TCP address and the unix socket, or neither.
func listen(c *config, logger *slog.Logger) ([]net.Listener, error) {
	secured, err := c.tls(logger)
	if err != nil {
		return nil, err
	}
	tcp, err := net.Listen("tcp", c.Listen) //nolint:noctx // at start, on a local address: nothing to wait for
	if err != nil {
		return nil, advise(err, "choose another address with --listen or JITSIAUTH_LISTEN")
	}
	unix, err := authsvc.ListenSocket(c.Socket, c.SocketGroup)
	if errors.Is(err, authsvc.ErrSocketInUse) {
		err = advise(err, "stop that one, or choose another socket with --socket or JITSIAUTH_SOCKET")
	}
	if err != nil {
		return nil, errors.Join(err, tcp.Close())
	}
	if secured != nil {
		tcp = tls.NewListener(tcp, secured)
	}
	return []net.Listener{tcp, unix}, nil
}

func closeAll(listeners []net.Listener) (err error) {
	for _, listener := range listeners {
		err = errors.Join(err, listener.Close())
	}
	return err
}

// announce prints where the service answers and, to someone new, what is next,
// in one piece. It prints no secret.
func announce(w io.Writer, c *config, addr string, domains []string, tokenFile string) {
	text := fmt.Sprintf("jitsiauth %s answers on %s://%s and %s; database %s; domains %s\n",
		version(), c.scheme(), addr, c.Socket, c.DB, strings.Join(domains, ", "))
	if tokenFile != "" {
		command := os.Args[0]
		if c.Socket != defaultSocket {
			command += " --socket " + c.Socket
		}
		text += fmt.Sprintf(`First start. Next:
  1. Add a person:     %[1]s user add alice
     Or in a browser:  %[1]s invite --admin    prints a link to the pages
  2. Tell Prosody, in the VirtualHost %[2]q (its modules are in lua/):
       authentication = "http"
       http_auth_url = "%[3]s://%[4]s/auth"
       http_auth_token_file = %[5]q
     Its token is in that file; nobody else needs it.
  3. Where a web server is before Prosody, as in Jitsi Meet: Prosody's
     trusted_proxies must hold its address, and no other (docker-jitsi-meet:
     PROSODY_TRUSTED_PROXIES). Otherwise all people seem to come from there,
     and guessing can't be told from them.
Dates and times are those of %[6]s; another zone: JITSIAUTH_TIMEZONE=Asia/Tokyo.
Changes of accounts are in force at once. Nothing needs a restart.
`, command, domains[0], c.scheme(), reachable(addr), tokenFile, zoneName(c.Timezone))
	}
	fmt.Fprint(w, text)
}

// zoneName is the zone's name or, of a machine's own, what its clock says now.
func zoneName(zone *time.Location) string {
	if zone == time.Local {
		return "this machine (" + time.Now().Format("MST, UTC-07:00") + ")"
	}
	return zone.String()
}

// ensureProsodyToken gives a database in which nothing was ever done a token
// for Prosody, in a file beside it, and returns that file's path. A file that is
// there already is taken over: Prosody may have that token, or a start failed
// between writing the file and the database.
func ensureProsodyToken(ctx context.Context, svc *jitsiauth.Service, store jitsiauth.ChangeStore, c *config) (string, error) {
	head, err := store.Head(ctx)
	if err != nil || head.N > 0 || c.ProsodyToken != "" {
		return "", err
	}
	path, err := filepath.Abs(filepath.Join(filepath.Dir(c.DB), "prosody.token"))
	if err != nil {
		return "", err
	}
	secret, err := readSecret(path)
	if errors.Is(err, fs.ErrNotExist) {
		if secret, err = svc.NewTokenSecret(); err == nil {
			err = writeSecret(path, secret)
		}
	}
	if err != nil {
		return "", err
	}
	_, err = svc.AdoptToken(ctx, jitsiauth.NewToken{Name: "prosody", Scopes: []jitsiauth.Scope{jitsiauth.ScopeAuth}}, secret)
	return path, err
}

// writeSecret makes a file that only this user can read, and no other's.
func writeSecret(path, secret string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(secret + "\n")
	return errors.Join(err, file.Sync(), file.Close())
}
