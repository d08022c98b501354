package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Exit codes; the long help of the root command lists them.
const (
	exitOK         = 0
	exitError      = 1
	exitUsage      = 2
	exitUnanswered = 3
)

// app is what a command needs of the process it runs in.
type app struct {
	env    environment
	args   []string
	lang   string // what the person reads: "ja" or "en"
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	target target
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{env: readEnvironment(environ), args: args, lang: languageFrom(environ), stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "jitsiauth: error: %v\n", err)
	code := exitError
	hint := hintFor(err)
	if _, ours := errors.AsType[*commandError](err); !ours {
		// What cobra itself refuses: an unknown command or flag, a missing argument.
		code, hint = exitUsage, fmt.Sprintf("see '%s --help'", cmd.CommandPath())
	}
	if errors.Is(err, errUsage) {
		code = exitUsage
	}
	if errors.Is(err, errUnanswered) {
		code = exitUnanswered
	}
	if hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", hint)
	}
	return code
}

// does wraps the work of a command, so that its errors can be told from those
// of cobra's reading of the command line.
func does(work func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := work(cmd, args); err != nil {
			return &commandError{err}
		}
		return nil
	}
}

type commandError struct{ error }

func (e *commandError) Unwrap() error { return e.error }

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "jitsiauth",
		Short: "User accounts for a self-hosted Jitsi Meet",
		Long: `jitsiauth keeps the accounts of a self-hosted Jitsi Meet. Prosody asks the
running service at each login, and ends the sessions of people whose right to be
there ended, so every change is in force at once; nothing restarts, and nobody
else's meeting stops.

The commands talk to the service on this machine through its unix socket,
without a token. From elsewhere: --server URL --token-file FILE. While no
service runs: --db FILE.

Exit codes: 0 done; 1 refused or failed, and nothing was changed unless the
error says so; 2 wrong usage or settings; 3 no service answered.`,
		Example: `  jitsiauth serve                                    run the service
  jitsiauth user add alice                           asks for a password
  jitsiauth user add bob --generate --valid-until 2026-11-27
  jitsiauth user disable carol                       refused from now on, and out of open sessions
  jitsiauth user list
  jitsiauth invite                                   a link for somebody to make an account`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: does(func(cmd *cobra.Command, _ []string) error {
			return refuseEmpty(cmd)
		}),
	}
	a.target.addFlags(root.PersistentFlags())
	root.AddCommand(a.serveCommand(), a.userCommand(), a.inviteCommand(), a.tokenCommand(), a.logCommand(), a.healthcheckCommand(), a.versionCommand(),
		a.backupCommand(), a.restoreCommand(), a.checkCommand())
	root.AddCommand(a.importCommand(), a.exportCommand(), a.throttleCommand(), a.statusCommand(), a.applyCommand())
	a.addCompletion(root)
	return root
}

// refuseEmpty refuses flags that were given without a value, as happens where a
// script's variable is not set: --only-domain "" must not mean all domains.
// Texts and, where they can be cleared, dates may be empty.
func refuseEmpty(cmd *cobra.Command) (err error) {
	mayBeEmpty := []string{"display-name", "email", "note", "search", "role"}
	if cmd.Name() == "set" {
		mayBeEmpty = append(mayBeEmpty, "valid-from", "valid-until")
	}
	cmd.Flags().Visit(func(flag *pflag.Flag) {
		value := flag.Value.String()
		if (value == "" || value == "[]") && !slices.Contains(mayBeEmpty, flag.Name) {
			err = usageError("--"+flag.Name+" is given without a value", "leave the flag out, or give it one")
		}
	})
	return err
}
