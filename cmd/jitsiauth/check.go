package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

func (a *app) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [--db FILE]",
		Short: "Check that a database, or a backup, is whole",
		Long: `Go through a database file or a backup: that it is whole, and that accounts,
names, tokens, links and log agree. Prints what it holds and exits with 0, or says what
is wrong and exits with 1. It changes nothing. No service may run on the file; of
a running one, check a backup.`,
		Example: `  jitsiauth check --db /var/lib/jitsiauth/jitsiauth.db
  jitsiauth backup today.db && jitsiauth check --db today.db`,
		Args: cobra.NoArgs,
		RunE: does(func(cmd *cobra.Command, _ []string) error {
			path, err := a.fileOnly("check")
			if err != nil {
				return err
			}
			found, err := soundFile(cmd.Context(), path)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s is sound: %s\n", path, found)
			return err
		}),
	}
}

// soundFile says what the file holds.
func soundFile(ctx context.Context, path string) (string, error) {
	found, err := boltstore.CheckFile(ctx, path, nil)
	if errors.Is(err, boltstore.ErrInUse) {
		return "", advise(err, "of a running service, check a backup: 'jitsiauth backup FILE' does; or stop it first")
	}
	return fmt.Sprintf("accounts %d, tokens %d, links %d, log entries %d", found.Accounts, found.Tokens, found.Links, found.Changes), err
}

// fileOnly is the file of a command that works without a service.
func (a *app) fileOnly(command string) (string, error) {
	if err := a.env.check(); err != nil {
		return "", err
	}
	t := &a.target
	if t.server != "" || t.tokenFile != "" || t.socket != "" || len(t.domains) > 0 {
		return "", usageError(command+" takes no --server, --token-file, --socket or --domain", "it works on the file itself: --db FILE")
	}
	return t.database(a.env), nil
}
