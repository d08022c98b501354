package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

func (a *app) userPasswdCommand() *cobra.Command {
	var (
		secret passwordFlags
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "passwd NAME",
		Short: "Give an account another password",
		Long: `Give an account another password. The old one is refused from now on, and
Prosody ends the sessions that were opened with it. Without a flag, the new one
is asked for on the terminal. The rules are those of 'user add'.`,
		Args: cobra.ExactArgs(1),
	}
	secret.addFlags(cmd.Flags())
	jsonFlag(cmd, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		// Someone who mistyped the name should not type a password first; and the
		// account that was there before is the one that is changed.
		u, err := c.User(ctx, args[0])
		if err != nil {
			return err
		}
		var changed api.UserAndPassword
		err = a.choosePassword(ctx, secret, func(password string) (err error) {
			wanted := api.NewPassword{Password: password, Generate: secret.generate, AllowWeak: secret.allowWeak}
			changed, err = c.SetPassword(ctx, u.ID, wanted)
			return err
		})
		if err != nil {
			return err
		}
		if asJSON {
			return a.printJSON(changed)
		}
		fmt.Fprintf(a.stderr, "password of %s changed: %s\n", changed.JID, a.stateNote(changed.User))
		return a.printSecret(changed.GeneratedPassword, "the password of "+changed.JID+" was changed")
	})
	return cmd
}
