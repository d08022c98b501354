package main

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/prosodydata"
)

func (a *app) importProsodyCommand() *cobra.Command {
	var (
		wanted            []string
		overwrite, asJSON bool
	)
	r := &accountReport{importReport: importReport{a: a}}
	cmd := &cobra.Command{
		Use:   "prosody PATH|-",
		Short: "Bring over the accounts that Prosody keeps itself, with their passwords",
		Long: `Bring over the accounts that Prosody keeps itself (authentication =
"internal_hashed" or "internal_plain", in files, which is the default), of Prosody
0.12 and 13.0. PATH is Prosody's data directory, the folder of one host in it, or
docker-jitsi-meet's configuration directory. "-" is a tar archive of it on standard
input, for a service in a container.

Prosody may run meanwhile, and its files stay as they are. People log in with the
password that they have; the first login stores it in this service's own form. Who
is disabled stays so. The hosts are those that the service serves. The accounts of
Jitsi's own services (in the hosts auth., hidden. and recorder.) stay with Prosody.

Running it again is safe: who is there is left alone, whatever was changed here
since. With --overwrite, accounts that exist get the password that Prosody has
again, which ends their sessions if it is another, and are disabled if they are
disabled there.

Each account is named with what became of it; of more than 100, those that went
well are counted. A file that can't be used is named with the place in it, and the
others come in. An account whose record can't be verified here comes in without a
password, and is listed at the end.

It needs an administrator: root or the service's user on its machine, or a token
with the scope admin. Ctrl-C stops it, what is done stays, and the same command
goes on there.`,
		Example: `  jitsiauth import prosody /var/lib/prosody --dry-run
  jitsiauth import prosody ~/.jitsi-meet-cfg
  tar -C ~/.jitsi-meet-cfg/storage/prosody/data -c . | docker compose exec -T authsvc jitsiauth import prosody -`,
		Args: cobra.ExactArgs(1),
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&wanted, "host", nil, "only this `host` of Prosody's; repeat or separate by comma")
	accountFlags(cmd, r, &overwrite, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		r.begin(overwrite, asJSON)
		st, err := c.Status(ctx)
		if err != nil {
			return err
		}
		choice, err := newHostChoice(st.Domains, wanted)
		if err != nil {
			return err
		}
		if args[0] == "-" {
			return r.importArchive(ctx, c, choice)
		}
		return r.importDirectory(ctx, c, choice, args[0])
	})
	return cmd
}

// accountFlags are those of the imports from other programs.
func accountFlags(cmd *cobra.Command, r *accountReport, overwrite, asJSON *bool) {
	flags := cmd.Flags()
	flags.BoolVar(&r.query.DryRun, "dry-run", false, "say what would be done, and do nothing")
	flags.BoolVar(overwrite, "overwrite", false, "give accounts that exist the password that stands there, too; ends their sessions if it is another")
	flags.BoolVar(&r.verbose, "verbose", false, "name every account, however many")
	jsonFlag(cmd, asJSON)
}

// begin is called once the flags are known.
func (r *accountReport) begin(overwrite, asJSON bool) {
	r.query.Mode, r.query.WithoutPassword = fill, true
	if overwrite {
		r.query.Mode = upsert
	}
	r.json, r.progress = asJSON, r.a.newProgress("accounts")
}

// importDirectory brings over what lies in the directory.
func (r *accountReport) importDirectory(ctx context.Context, c *client.Client, choice *hostChoice, path string) error {
	dir, err := prosodydata.Open(path)
	if err != nil {
		return usageError(err.Error(), openHint(err))
	}
	if err := choice.wantedIn(dir); err != nil {
		return err
	}
	var taken []prosodydata.Host
	for _, host := range dir.Hosts() {
		n, err := dir.Count(host)
		switch {
		case host.Name == "":
			r.say("left out: %v", host.Err)
		case choice.takes(host.Name):
			taken = append(taken, host)
			r.progress.total += n
		default:
			choice.left(host.Name, n, err)
		}
	}
	choice.tell(r)
	if len(taken) == 0 {
		return choice.nothing(dir.Path())
	}
	accounts := func(yield func(foundAccount) bool) {
		for _, host := range taken {
			for account, err := range dir.Accounts(host) {
				if !yield(fromProsody(&account, err, host.Name)) {
					return
				}
			}
		}
	}
	return r.importHosts(ctx, c, accounts)
}

func openHint(err error) string {
	if errors.Is(err, os.ErrPermission) {
		return "Prosody keeps its files to itself: be root, or the user that Prosody runs as"
	}
	return ""
}

// importArchive brings over what comes in a tar archive by standard input.
func (r *accountReport) importArchive(ctx context.Context, c *client.Client, choice *hostChoice) error {
	r.source = accountSource{name: "the archive", begin: "give a tar archive: tar -C /var/lib/prosody -c . | jitsiauth import prosody -", repair: "pack it again"}
	accounts := func(yield func(foundAccount) bool) {
		for account, err := range prosodydata.Tar(r.a.stdin) {
			if domain := account.JID.Domain(); domain != "" && !choice.takes(domain) {
				choice.left(domain, 1, nil)
				continue
			}
			found := fromProsody(&account, err, "archive")
			if found.last = err != nil; !yield(found) {
				return
			}
		}
	}
	err := r.importHosts(ctx, c, accounts)
	if errors.Is(err, errStopped) {
		return err
	}
	choice.tell(r)
	if err == nil && r.summary.Lines == 0 {
		return choice.nothing("the archive")
	}
	return err
}

func (r *accountReport) importHosts(ctx context.Context, c *client.Client, accounts iter.Seq[foundAccount]) error {
	err := r.a.importAccounts(ctx, c, accounts, r)
	if r.summary != nil && r.summary.Created > 0 && !r.query.DryRun {
		r.say(`Prosody's own files are as they were. If it doesn't ask this service about logins yet: authentication = "http" in its VirtualHost, see
examples/prosody/README.md, or examples/docker-jitsi-meet/README.md. The line that stood there is the way back, to the passwords that Prosody has`)
	}
	return err
}

// fromProsody makes an account of what a file says.
func fromProsody(account *prosodydata.Account, err error, host string) foundAccount {
	f := foundAccount{name: host, place: filepath.ToSlash(account.File)}
	f.JID = account.JID.String()
	if err = errors.Join(account.Err, err); err != nil {
		f.place = "" // err says it
		f.err = err
		return f
	}
	f.Password, f.Migrated, f.PasswordHash = account.Password, account.Password != "", account.PasswordHash
	if f.Password == "" && f.PasswordHash == "" {
		f.PasswordKind = string(jitsiauth.PasswordNone)
	}
	if account.Disabled {
		f.Disabled = api.Some(true)
	}
	f.CreatedAt, f.PasswordChangedAt = wireMoment(account.Created), wireMoment(account.Updated)
	return f
}

func wireMoment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
