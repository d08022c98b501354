package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

// applyOptions are the flags of apply.
type applyOptions struct {
	dryRun, prune, yes, allowWeak, json bool
	passwords, format                   string
}

func (a *app) applyCommand() *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use:   "apply FILE|-",
		Short: "Make the accounts what a file says: add, change and, if told to, remove",
		Long: `Make the accounts what FILE says, and nothing else: it is read, compared with
what there is, and the differences are shown and then made. A second run changes
nothing. One line that is wrong, and nothing is changed at all. For machines that
are rebuilt from files: by Compose, Ansible or a script.

FILE is YAML, or a CSV with the columns of 'import' and password_file. "-" is
standard input. Each account has a jid, or a username and, if it is not the
default one, a domain; and any of display_name, email, note, role, disabled,
valid_from and valid_until. A field that is not there is left as it is; null or
"" clears a text or a date, but not role and disabled. A new account needs one of

  password_file   a file with the password in one line, beside FILE
  hash            of bcrypt ("$2y$12$…") or a SCRAM record of Prosody's
  password        in quotes; whoever reads FILE has it
  generate: true  the service makes one, once

of which the first three are also set for an account that has another password.
Whether it has is found out by hashing, a quarter of a second for each, and by
administrators alone: for others each run sets passwords again.

Generated passwords are never printed. They are added to FILE.passwords or to
--passwords, which only you can read, as NAME, a tab and the password; of a name
that stands there twice, the last counts.

--prune removes accounts that are not in FILE, in those domains that FILE has
accounts of. It asks first on a terminal; where standard input is none, a
removal needs --yes, and without it nothing at all is changed.`,
		Example: `  jitsiauth apply accounts.yaml --dry-run
  jitsiauth apply accounts.yaml
  jitsiauth apply accounts.yaml --prune --yes

accounts.yaml:
  accounts:
    - username: alice
      password_file: alice.password
      display_name: Alice
      role: admin
    - jid: bob@meet.jitsi
      generate: true
      valid_until: 2026-11-27       # the end of that day
    - username: carol
      hash: "$2y$12$pJ7nyFsyFeFOsTGaU.f0t.TIrZRhGhO67NRTOL0kWRDzDmsMOqZJq"
      disabled: true`,
		Args: cobra.ExactArgs(1),
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.dryRun, "dry-run", false, "show what would be done, and do nothing")
	flags.BoolVar(&o.prune, "prune", false, "remove accounts that the file does not name, in the domains that it does")
	flags.BoolVar(&o.yes, "yes", false, "do not ask before accounts are removed")
	flags.StringVar(&o.passwords, "passwords", "", "`file` that generated passwords are added to (default: FILE.passwords)")
	flags.StringVar(&o.format, "format", "", "`format`: yaml or csv (default: by the file's name)")
	allowWeakFlag(flags, &o.allowWeak)
	jsonFlag(cmd, &o.json)
	cmd.RunE = does(func(cmd *cobra.Command, args []string) error {
		file, err := o.read(a, args[0])
		if err != nil {
			return err
		}
		return a.connected(cmd.Context(), func(c *client.Client) error {
			return a.explain(o.apply(cmd.Context(), a, c, file), "", a.where())
		})
	})
	return cmd
}

// read reads all that is needed of this machine.
func (o *applyOptions) read(a *app, name string) (*declaredFile, error) {
	file, err := readDeclared(name, o.format, a.stdin)
	if err != nil {
		return nil, notChanged(err)
	}
	if o.passwords == "" && name != "-" {
		o.passwords = name + ".passwords"
	}
	all := func(*declaredAccount) bool { return true }
	return file, notChanged(file.readPasswords(all, func(text string) { fmt.Fprintln(a.stderr, "warning: "+text) }))
}

// notChanged adds what people want to know about lines that were refused.
func notChanged(err error) error {
	if wrong, ok := errors.AsType[*wrongLines](err); ok {
		return advise(wrong, "nothing was changed; mend the file and apply it again")
	}
	return err
}

func (o *applyOptions) apply(ctx context.Context, a *app, c *client.Client, file *declaredFile) error {
	p, err := o.planChanges(ctx, a, c, file)
	if err != nil && ctx.Err() != nil {
		return errInterrupted
	}
	if err != nil {
		return notChanged(err)
	}
	if err := a.printPlan(p, o.json, o.dryRun); err != nil || o.dryRun || p.empty() {
		return err
	}
	if len(p.removed) > 0 && !o.yes {
		question := fmt.Sprintf("Remove %s for good? Type yes: ", counted(len(p.removed), "account", "accounts"))
		if err := a.confirm(ctx, question); err != nil {
			return err
		}
	}
	var list *passwordList
	if p.generated() > 0 {
		if o.passwords == "" {
			return usageError("generated passwords need a file to be kept in", "give --passwords FILE; nothing was changed")
		}
		if list, err = openPasswordList(o.passwords); err != nil {
			return advise(err, "%s; nothing was changed", hintOr(err, "choose another file with --passwords"))
		}
	}
	return o.carryOut(ctx, a, c, p, list)
}

// carryOut does what the plan says, and tells what was done.
func (o *applyOptions) carryOut(ctx context.Context, a *app, c *client.Client, p *plan, list *passwordList) (err error) {
	done := &applied{file: p.file, list: list, lang: a.lang, bar: a.newProgress("accounts"), wrong: &wrongLines{file: p.file.name}}
	done.bar.total = len(p.changes)
	err = done.change(ctx, c, p, api.ImportQuery{Mode: upsert, AllowWeak: o.allowWeak})
	if err == nil {
		err = done.wrong.asError()
	}
	if err == nil {
		err = done.remove(ctx, c, p)
	}
	done.bar.clear()
	fmt.Fprintf(a.stderr, "%d added, %d changed, %d removed\n", done.added, done.changed, done.removed)
	if list != nil {
		if list.lines > 0 {
			fmt.Fprintf(a.stderr, "generated: %s in %s; hand them out, and remove it\n", counted(list.lines, "password", "passwords"), list.path)
		}
		err = errors.Join(err, list.close())
	}
	if err != nil {
		return done.brokenOff(err, p)
	}
	return nil
}

// brokenOff says what is known of a plan that was not carried out to its end, in
// words that explain leaves as they are.
func (d *applied) brokenOff(err error, p *plan) error {
	f := &failure{text: err.Error(), hint: "what is counted above is done; apply the file again for the rest"}
	if errors.Is(err, jitsiauth.ErrForbidden) {
		f.hint = "what is counted above is done; the rest takes an administrator, by a token of scope admin or the unix socket"
	}
	if d.list != nil && d.list.lines < p.generated() {
		f.hint += "; an account whose password was to be generated, and that is there but not in " + d.list.path + ", has one that nobody knows: 'jitsiauth user passwd NAME --generate'"
	}
	switch {
	case errors.Is(err, context.Canceled):
		f.text = "interrupted"
	case wentAway(err), errors.Is(err, client.ErrCutOff):
		f.kind = errUnanswered
	}
	return f
}

// applied is what was done of a plan.
type applied struct {
	file                    *declaredFile
	list                    *passwordList // nil: no password is to be made
	lang                    string
	bar                     *progress
	sent                    int // with a result
	wrong                   *wrongLines
	added, changed, removed int
}

func (d *applied) change(ctx context.Context, c *client.Client, p *plan, query api.ImportQuery) error {
	if len(p.changes) == 0 {
		return nil
	}
	accounts := make([]*declaredAccount, 0, len(p.changes))
	for _, change := range p.changes {
		accounts = append(accounts, change.toSend())
	}
	return importAccounts(ctx, c, accounts, query, func(account *declaredAccount, result api.ImportResult) error {
		d.sent++
		d.bar.at(d.sent)
		switch result.Result {
		case api.ImportCreated:
			d.added++
		case api.ImportUpdated:
			d.changed++
		case api.ImportError:
			d.wrong.add(d.file.at(account, result.Field), result.JID, "", whyRefused(d.lang, result))
		}
		if result.GeneratedPassword == "" {
			return nil
		}
		if err := d.list.add(result.JID, result.GeneratedPassword); err != nil {
			return fmt.Errorf("%s was added, but its password is lost, for it can't be written; give it another with 'jitsiauth user passwd': %w", result.JID, err)
		}
		return nil
	})
}

// toSend leaves out a password that is there already, which would be hashed again. Of
// an account that is there, none is to be made either: were it removed meanwhile, there
// may be no list for it.
func (c *plannedChange) toSend() *declaredAccount {
	account := *c.account
	password := c.add
	for _, field := range c.fields {
		password = password || field == "password"
	}
	if !password {
		account.Password, account.PasswordHash, account.Generate = "", "", false
	}
	return &account
}

// remove removes accounts that are as they were when the plan was made.
func (d *applied) remove(ctx context.Context, c *client.Client, p *plan) error {
	var left []error
	for _, user := range p.removed {
		err := c.DeleteUser(ctx, user.ID, client.IfRevision(user.Revision))
		switch {
		case errors.Is(err, jitsiauth.ErrRevision):
			left = append(left, fmt.Errorf("%s was not removed: %w", user.JID, jitsiauth.ErrRevision))
		case errors.Is(err, jitsiauth.ErrForbidden):
			left = append(left, fmt.Errorf("%s was not removed: %w", user.JID, jitsiauth.ErrForbidden))
		case errors.Is(err, jitsiauth.ErrNotFound): // somebody else did
		case err != nil:
			return errors.Join(append(left, err)...)
		default:
			d.removed++
		}
	}
	return errors.Join(left...)
}

// hintOr returns the error's own hint, or another.
func hintOr(err error, other string) string {
	if hint := hintFor(err); hint != "" {
		return hint
	}
	return other
}
