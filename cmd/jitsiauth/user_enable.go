package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

func (a *app) userEnableCommand() *cobra.Command {
	return a.disabledCommand("enable NAME", "Let an account log in again", false)
}

func (a *app) userDisableCommand() *cobra.Command {
	return a.disabledCommand("disable NAME", "Refuse an account's logins, end its sessions, and keep it", true)
}

func (a *app) disabledCommand(use, short string, disabled bool) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.ExactArgs(1)}
	jsonFlag(cmd, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		u, err := c.UpdateUser(ctx, args[0], api.UserPatch{Disabled: api.Some(disabled)})
		if err != nil {
			return err
		}
		if asJSON {
			return a.printJSON(u)
		}
		fmt.Fprintf(a.stderr, "%s %s\n", u.JID, a.stateNote(u))
		return nil
	})
	return cmd
}
