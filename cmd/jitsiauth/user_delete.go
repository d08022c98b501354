package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/client"
)

func (a *app) userDeleteCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Remove an account for good",
		Long: `Remove an account for good; it asks first. Prosody ends its open sessions. Its
name can be given out again, to what is then another account. To keep it for later, use 'user disable'.`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		u, err := c.User(ctx, args[0])
		if err != nil {
			return err
		}
		if !yes {
			if err := a.confirm(ctx, fmt.Sprintf("Delete %s for good? Type yes: ", u.JID)); err != nil {
				return err
			}
		}
		// By ID: what was shown is what goes, even if the name was given out
		// again meanwhile.
		if err := c.DeleteUser(ctx, u.ID); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "deleted %s\n", u.JID)
		return nil
	})
	return cmd
}
