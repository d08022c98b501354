package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth/htpasswd"
)

func (a *app) importHtpasswdCommand() *cobra.Command {
	var (
		domain            string
		overwrite, asJSON bool
	)
	r := &accountReport{importReport: importReport{a: a}}
	cmd := &cobra.Command{
		Use:   "htpasswd FILE|-",
		Short: "Bring over the accounts of an htpasswd file, with their passwords",
		Long: `Bring over the accounts of a password file of Apache's htpasswd, which nginx and
others use too. "-" is standard input. A name without "@" becomes one of the
service's first domain, or of --to-domain.

Hashes of bcrypt come over as they are (htpasswd -B). It makes them of cost 5 unless
-C says more, which is cheap to guess at: --allow-weak takes those below 10, and the
first login of each makes a stronger one of it. Hashes of other kinds can't be
verified here: their accounts come in without a password and are listed at the end.

Running it again is safe: who is there is left alone, whatever was changed here
since; only who has no password gets one. With --overwrite, accounts that exist get
the password of the file again, which ends their sessions if it is another.

Each account is named with what became of it; of more than 100, those that went
well are counted. A line that can't be used is named, and the others come in.

It needs an administrator: root or the service's user on its machine, or a token
with the scope admin. Ctrl-C stops it, what is done stays, and the same command
goes on there.`,
		Example: `  jitsiauth import htpasswd /etc/nginx/htpasswd --dry-run
  jitsiauth import htpasswd /etc/nginx/htpasswd --allow-weak`,
		Args: cobra.ExactArgs(1),
	}
	flags := cmd.Flags()
	flags.StringVar(&domain, "to-domain", "", "`domain` of the accounts (default: the service's first)")
	flags.BoolVar(&r.query.AllowWeak, "allow-weak", false, "take bcrypt hashes of a cost below 10, too")
	accountFlags(cmd, r, &overwrite, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		r.begin(overwrite, asJSON)
		in, done, err := a.openInput(args[0])
		if err != nil {
			return err
		}
		defer done()
		if _, err := c.Status(ctx); err != nil { // only an administrator may read it, or import hashes
			return err
		}
		name := args[0]
		if name == "-" {
			name = "standard input"
		}
		r.source = accountSource{name: name, begin: "give the file that htpasswd writes", repair: "see what is wrong with it"}
		if r.progress.onTerminal() {
			r.progress.total = countLines(in)
		}
		if err := a.importAccounts(ctx, c, htpasswdAccounts(in, domain), r); err != nil {
			return err
		}
		if r.summary.Lines == 0 {
			return usageError("there are no accounts in "+name, "")
		}
		return nil
	})
	return cmd
}

// htpasswdAccounts are those of the file; the last is about the file where it breaks
// off.
func htpasswdAccounts(in io.Reader, domain string) func(func(foundAccount) bool) {
	return func(yield func(foundAccount) bool) {
		for e, err := range htpasswd.Entries(in) {
			place := fmt.Sprintf("line %d", e.Line)
			f := foundAccount{name: e.Name, place: place, line: e.Line, err: errors.Join(e.Err, err)}
			if f.last = err != nil; f.name == "" {
				f.name, f.place = place, ""
			}
			f.PasswordHash = e.Hash
			if strings.Contains(e.Name, "@") {
				f.JID = e.Name
			} else {
				f.Username, f.Domain = e.Name, domain
			}
			if !yield(f) {
				return
			}
		}
	}
}
