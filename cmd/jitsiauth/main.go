// Command jitsiauth keeps the accounts of a self-hosted Jitsi Meet: the
// service that Prosody asks at each login, and the commands that manage
// accounts while it runs. "jitsiauth help" tells the rest.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // JITSIAUTH_TIMEZONE works in an image without zone files
)

func main() {
	os.Exit(mainContext())
}

func mainContext() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	return run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
}
