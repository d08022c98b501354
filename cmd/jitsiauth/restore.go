package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

func (a *app) restoreCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "restore FILE [--db TARGET]",
		Short: "Make a database of a backup while no service runs on it",
		Long: `Make the database TARGET (--db, or JITSIAUTH_DB) of the backup FILE, after
checking it. Stop the service first. Everything is then as it was when the
backup was made: tokens revoked and accounts removed since are there again.

A TARGET that is there is replaced only with --force, and kept as
TARGET.before-restore-TIME. A copy made by other means while the service was
stopped is a backup, too.`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace TARGET if it is there")
	cmd.RunE = does(func(cmd *cobra.Command, args []string) error {
		to, err := a.fileOnly("restore")
		if err != nil {
			return err
		}
		return a.restore(cmd.Context(), args[0], to, force)
	})
	return cmd
}

func (a *app) restore(ctx context.Context, from, to string, force bool) error {
	kept, err := boltstore.Restore(ctx, from, to, boltstore.RestoreOptions{
		Replace: force,
		Entry:   jitsiauth.Change{At: time.Now(), Actor: jitsiauth.ActorUID, ActorName: strconv.Itoa(os.Getuid())},
	})
	inUse, _ := errors.AsType[*boltstore.InUseError](err)
	switch {
	case errors.Is(err, fs.ErrExist):
		return advise(err, "--force replaces it and keeps it under another name")
	case inUse != nil && inUse.Path == from:
		return advise(err, "that is no backup; of a running service, 'jitsiauth backup FILE' makes one")
	case inUse != nil:
		return advise(err, "stop the service, restore, and start it again")
	case err != nil:
		return err
	}
	fmt.Fprintf(a.stderr, "restored %s from %s\n", to, from)
	if kept != "" {
		fmt.Fprintf(a.stderr, "the one before is %s; it holds password hashes: remove it once all is well\n", kept)
	}
	return nil
}
