package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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

FILE "-" is standard input; a crash may then leave .TARGET.tmp-* behind, which
holds password hashes.

A TARGET that is there is replaced only with --force, and kept as
TARGET.before-restore-TIME. A copy made by other means while the service was
stopped is a backup, too.`,
		Example: `  jitsiauth restore /backup/jitsiauth-2026-11-23.db --db jitsiauth.db --force
  docker compose run --rm -T authsvc restore - --force < jitsiauth-2026-11-23.db`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace TARGET if it is there")
	cmd.RunE = does(func(cmd *cobra.Command, args []string) error {
		to, err := a.fileOnly("restore")
		if err != nil {
			return err
		}
		if args[0] == "-" {
			return a.restoreInput(cmd.Context(), to, force)
		}
		return a.restore(cmd.Context(), args[0], args[0], to, force)
	})
	return cmd
}

// restore calls the backup named what people know it by.
func (a *app) restore(ctx context.Context, from, named, to string, force bool) error {
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
	fmt.Fprintf(a.stderr, "restored %s from %s\n", to, named)
	if kept != "" {
		fmt.Fprintf(a.stderr, "the one before is %s; it holds password hashes: remove it once all is well\n", kept)
	}
	return nil
}

// restoreInput restores what comes on standard input: into a container, whose
// user can't read the files of this machine. It needs a file to check it in.
func (a *app) restoreInput(ctx context.Context, to string, force bool) (err error) {
	file, err := os.CreateTemp(filepath.Dir(to), "."+filepath.Base(to)+".tmp-*") // mode 600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(file.Name())) }()
	copied := make(chan error, 1)
	go func() {
		_, err := io.Copy(file, a.stdin)
		copied <- errors.Join(err, file.Close())
	}()
	select {
	case err = <-copied:
	case <-ctx.Done(): // nothing interrupts a read of standard input; it ends with the program
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	err = a.restore(ctx, file.Name(), "standard input", to, force)
	if errors.Is(err, boltstore.ErrNotDatabase) {
		return advise(errors.New("standard input is not a jitsiauth database"), "send what 'jitsiauth backup -' printed, the whole of it")
	}
	return err
}
