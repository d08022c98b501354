package main

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/client"
)

// healthTimeout is well above what a healthy service needs and below the time
// limit of a container's health check.
const healthTimeout = 3 * time.Second

func (a *app) healthcheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "healthcheck",
		Short: "Exit with 0 if the service on this machine answers and its store works",
		Long: `Ask the address that Prosody asks (JITSIAUTH_LISTEN, or --server, or --socket)
whether the service and its store work; by https if JITSIAUTH_TLS_CERT is set. Prints nothing if so. For the health check of an
image without a shell.`,
		Args: cobra.NoArgs,
		RunE: does(func(cmd *cobra.Command, _ []string) error {
			if err := a.env.check(); err != nil {
				return err
			}
			if a.target.db != "" || a.target.tokenFile != "" || len(a.target.domains) > 0 {
				return usageError("healthcheck takes no --db, --token-file or --domain", "it asks a running service, and needs no token for that")
			}
			server := a.serverURL()
			var transport http.RoundTripper
			switch {
			case server != "":
			case a.target.socket != "":
				server = "unix:" + a.target.socket
			default:
				server = "http://" + reachable(a.env.or("JITSIAUTH_LISTEN", defaultListen))
				if file := a.env["JITSIAUTH_TLS_CERT"]; file != "" {
					var err error
					if transport, err = trustOwn(file); err != nil {
						return err
					}
					server = "https" + strings.TrimPrefix(server, "http")
				}
			}
			c, err := client.New(client.Options{Server: server, Transport: transport})
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), healthTimeout)
			defer cancel()
			return a.explain(c.Ready(ctx), "", server)
		}),
	}
}

// reachable turns an address to listen on into one to connect to.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
