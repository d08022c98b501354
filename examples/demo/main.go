// Command demo shows the main job for real: it starts the service and a real
// Prosody with our module, manages an account while both run, and logs in over
// a WebSocket as Jitsi Meet in the browser does. "make demo" builds what it
// needs and runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/servicetest"
)

func main() {
	bin := flag.String("bin", "bin/jitsiauth", "the jitsiauth `program`")
	module := flag.String("module", "lua", "the `directory` with mod_auth_http.lua")
	version := flag.String("prosody", "13.0", "the Prosody `version`: 13.0 or 0.12")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *bin, *module, prosodytest.Version(*version)); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "demo: error:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, bin, module string, version prosodytest.Version) (err error) {
	dir, err := os.MkdirTemp("", "jitsiauth-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	s := &stage{service: &servicetest.Service{Config: servicetest.Config{Bin: bin, Dir: dir, Stdout: indented{os.Stdout}}}}
	say("The service starts in an empty directory, without any setting but a free port.")
	if err := s.service.Start(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.service.Stop()) }()

	say("A real Prosody %s starts, with mod_auth_http in its VirtualHost meet.jitsi.", version)
	s.prosody, err = prosodytest.Start(ctx, prosodytest.Config{
		Version: version, ModulePath: module, HostOptions: s.hostOptions(), TrustedProxies: []string{"127.0.0.1"},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.prosody.Stop()) }()
	fmt.Printf("    Prosody answers on http://%s (WebSocket, BOSH) and %s (TCP)\n", s.prosody.HTTP, s.prosody.C2S)

	if err := s.play(ctx); err != nil {
		return err
	}
	if os.Getenv("DEMO_EXIT") == "1" {
		return nil
	}
	say("All of it is still running; try it yourself from another terminal:")
	fmt.Printf("    %s\n    %s\n  Ctrl-C ends it.\n", s.shell("user", "add", "bob"), s.shell("user", "list"))
	<-ctx.Done()
	return nil
}

// play is the story. Each login says what must come out, and the demo fails
// where something else does.
func (s *stage) play(ctx context.Context) error {
	const password = "correct horse battery"
	for _, step := range []func() error{
		tell("An account is added through the running service. A second later bob is in, and in a meeting."),
		s.cli(ctx, password, "user", "add", "bob", "--password-stdin"),
		s.join(ctx, "bob", password),

		tell("While the meeting runs, another one is added, and logs in."),
		s.cli(ctx, password, "user", "add", "alice", "--password-stdin"),
		s.login(ctx, home, "alice", password, "ok"),
		s.login(ctx, home, "alice", "wrong password", "not-authorized"),

		tell("Someone elsewhere guesses alice's password. After ten wrong ones they have to wait, right or wrong; alice has not."),
		s.guess(ctx, elsewhere, "alice"),
		s.login(ctx, elsewhere, "alice", password, "temporary-auth-failure"),
		s.login(ctx, home, "alice", password, "ok"),
		s.cli(ctx, "", "throttle", "show", "alice"),

		tell("Disabled: out of the meeting at once, and refused. Enabled: in again."),
		s.join(ctx, "alice", password),
		s.cli(ctx, "", "user", "disable", "alice"),
		s.isOut(ctx, "alice"),
		s.login(ctx, home, "alice", password, "account-disabled"),
		s.cli(ctx, "", "user", "enable", "alice"),
		s.login(ctx, home, "alice", password, "ok"),

		tell("Deleted: gone."),
		s.cli(ctx, "", "user", "delete", "alice", "--yes"),
		s.login(ctx, home, "alice", password, "not-authorized"),

		tell("The service is stopped: no verdict, which is not \"wrong password\"."),
		s.service.Stop,
		s.login(ctx, home, "bob", password, "temporary-auth-failure"),

		tell("It is started again: logins work at once."),
		s.service.Start,
		s.login(ctx, home, "bob", password, "ok"),
		s.cli(ctx, "", "user", "list"),

		tell("And the meeting?"),
		s.stillThere(ctx),
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func tell(text string) func() error {
	return func() error {
		say("%s", text)
		return nil
	}
}

func say(format string, args ...any) {
	fmt.Printf("\n%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}
