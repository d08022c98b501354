// Command peer is the XMPP client of the stand-ins: as a service what Jicofo and the
// video bridge are to Prosody, as a client what a browser is.
//
//	peer service --user focus --password-env JICOFO_AUTH_PASSWORD
//	peer login --url wss://web:8443/xmpp-websocket --domain meet.jitsi --user alice <password
//	peer login --c2s prosody:5222 --domain guest.meet.jitsi --anonymous --hold
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without the process: 0 done, 1 refused or ended, 2 called wrongly.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	switch {
	case len(args) > 0 && args[0] == "service":
		return service(ctx, args[1:], getenv, stdout, stderr)
	case len(args) > 0 && args[0] == "login":
		return login(ctx, args[1:], stdin, stdout, stderr)
	}
	fmt.Fprintln(stderr, "usage: peer service|login --help")
	return 2
}
