package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

func (a *app) backupCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the whole database into a file while the service runs",
		Long: `Copy the whole database into FILE, consistent as of one moment, while logins and
changes go on; "-" is standard output. FILE gets its name, and mode 600, only
when it is complete and was checked; a crash may leave .FILE.tmp-* behind. It holds password hashes: keep it as you
keep the database. 'jitsiauth restore' makes a database of it.`,
		Example: `  jitsiauth backup /backup/jitsiauth-$(date +%F).db
  jitsiauth --server https://auth.example.org --token-file admin.token backup today.db`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace FILE if it is there")
	cmd.RunE = does(func(cmd *cobra.Command, args []string) (err error) {
		name := args[0]
		if name != "-" { // before anything is copied
			if err := mayBecome(name, force); err != nil {
				return err
			}
		}
		c, done, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, done()) }()
		return a.explainBackup(a.backup(cmd.Context(), c, name, force))
	})
	return cmd
}

func (a *app) backup(ctx context.Context, c *client.Client, name string, force bool) error {
	if name == "-" {
		_, err := c.Backup(ctx, a.stdout)
		return err
	}
	size, found, err := download(ctx, c, name, force)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%s: %d bytes, sound: %s\n", name, size, found)
	return nil
}

// download makes the file under another name beside it.
func download(ctx context.Context, c *client.Client, name string, force bool) (size int64, found string, err error) {
	dir := filepath.Dir(name)
	file, err := os.CreateTemp(dir, "."+filepath.Base(name)+".tmp-*") // mode 600
	if err != nil {
		return 0, "", err
	}
	temp := file.Name()
	defer func() {
		if gone := os.Remove(temp); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}()
	size, err = c.Backup(ctx, file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return 0, "", err
	}
	if found, err = soundFile(ctx, temp); err != nil {
		return 0, "", err
	}
	if err := mayBecome(name, force); err != nil { // a service may have been started on it
		return 0, "", err
	}
	if err := publish(temp, name, force); err != nil {
		return 0, "", err
	}
	return size, found, syncDir(dir)
}

// publish gives the file its name; in place of another one only with force.
func publish(temp, name string, force bool) error {
	if !force {
		err := os.Link(temp, name)
		if err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
		// A file system without links, such as a USB stick's.
		if err := mustNotExist(name); err != nil {
			return err
		}
	}
	return os.Rename(temp, name)
}

// mayBecome says whether the file may get its name. A database that a service
// works on is never replaced: what that service wrote from then on would be lost,
// and nobody would be told.
func mayBecome(name string, force bool) error {
	if !force {
		return mustNotExist(name)
	}
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	store, err := boltstore.Open(name, nil)
	switch {
	case err == nil:
		return store.Close()
	case errors.Is(err, boltstore.ErrInUse):
		return advise(err, "this is a database at work, not an old backup: choose another name")
	case errors.Is(err, boltstore.ErrNotDatabase), errors.Is(err, boltstore.ErrDamaged), errors.Is(err, boltstore.ErrNewerSchema):
		return nil
	}
	return err
}

func mustNotExist(name string) error {
	_, err := os.Lstat(name)
	switch {
	case err == nil:
		return advise(fmt.Errorf("%s: %w", name, fs.ErrExist), "choose another name, or give --force to replace it")
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return err
}

// syncDir makes a new name survive a loss of power, where the system can.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync() // Windows and some network shares have none of it for directories
	return d.Close()
}

// explainBackup is explain for what can go wrong only here.
func (a *app) explainBackup(err error) error {
	refused, ok := errors.AsType[*client.Error](err)
	switch {
	case err == nil:
		return nil
	case ok && refused.RetryAfter > 0:
		return advise(err, "nothing was written; try again in %s", refused.RetryAfter)
	case errors.Is(err, client.ErrIncomplete):
		return advise(err, "no file was made; try again")
	case wentAway(err):
		return &failure{text: "the service at " + a.where() + " did not answer, or stopped in the middle", hint: "no file was made (" + err.Error() + ")", kind: errUnanswered}
	}
	return a.explain(err, "", a.where())
}
