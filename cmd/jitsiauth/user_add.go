package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

func (a *app) userAddCommand() *cobra.Command {
	var (
		fields   userFlags
		secret   passwordFlags
		disabled bool
		asJSON   bool
	)
	cmd := &cobra.Command{
		Use:   "add NAME[@DOMAIN]",
		Short: "Add an account",
		Long: `Add an account, which can log in at once. Without a flag, the password is
asked for on the terminal. It must not stand among the arguments, where every
process of the machine could read it.

A password has at least 12 characters, is none that many people use, and not the
account's own name. There are no rules about capitals, digits or symbols: a few
words that belong together only for that person do well.`,
		Example: `  jitsiauth user add alice
  jitsiauth user add partner --generate --valid-until 2026-11-27 --note "until Friday"
  pass show jitsi/bob | jitsiauth user add bob --password-stdin`,
		Args: cobra.ExactArgs(1),
	}
	fields.add(cmd)
	secret.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&disabled, "disabled", false, "refuse logins until 'user enable'")
	jsonFlag(cmd, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		if secret.asks() {
			// Someone who took a name that is taken should not type a password first.
			if _, err := c.User(ctx, args[0]); err == nil {
				return jitsiauth.ErrExists
			}
		}
		n := fields.newUser(args[0])
		n.Generate, n.AllowWeak, n.Disabled = secret.generate, secret.allowWeak, disabled
		var made api.UserAndPassword
		err := a.choosePassword(ctx, secret, func(password string) (err error) {
			n.Password = password
			made, err = c.CreateUser(ctx, n)
			return err
		})
		if err != nil {
			return err
		}
		if asJSON {
			return a.printJSON(made)
		}
		fmt.Fprintf(a.stderr, "added %s: %s\n", made.JID, a.stateNote(made.User))
		return a.printSecret(made.GeneratedPassword, made.JID+" was added")
	})
	return cmd
}

// newUser is the account NAME or NAME@DOMAIN with the fields of the flags.
func (f *userFlags) newUser(name string) api.NewUser {
	n := api.NewUser{
		DisplayName: f.displayName, Email: f.email, Note: f.note, Role: f.role, ValidFrom: f.validFrom, ValidUntil: f.validUntil,
	}
	if strings.Contains(name, "@") {
		n.JID = name
	} else {
		n.Username = name
	}
	return n
}

// printSecret prints what the service made, alone, so that it can be piped.
// done says what has happened, should that fail.
func (a *app) printSecret(secret, done string) error {
	if secret == "" {
		return nil
	}
	if _, err := fmt.Fprintln(a.stdout, secret); err != nil {
		return advise(fmt.Errorf("%s, but its secret is lost, for it can't be printed: %w", done, err), "make another, or take it back")
	}
	return nil
}
