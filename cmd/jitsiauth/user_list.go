package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

func (a *app) userListCommand() *cobra.Command {
	var (
		query  api.UserQuery
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List accounts in order of their names",
		Example: `  jitsiauth user list
  jitsiauth user list --state expired
  jitsiauth user list --password none        who needs a reset link
  jitsiauth user list --search partner --json`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&query.State, "state", "", "only those that are active, disabled, not_yet_valid or expired")
	cmd.Flags().StringVar(&query.Text, "search", "", "only those with this `text` in name, display name, e-mail or note")
	cmd.Flags().StringVar(&query.Domain, "of-domain", "", "only those of this `domain`")
	cmd.Flags().StringVar(&query.PasswordKind, "password", "", "only those whose password is `none`, or is from elsewhere: imported, so that no rule has seen it, or scram, which is Prosody's record until the next login")
	offer(cmd, "password", "none", "imported", "scram")
	jsonFlag(cmd, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, _ []string) error {
		query.Limit = 1000
		if asJSON {
			for u, err := range c.Users(ctx, query) {
				if err != nil {
					return err
				}
				if err := a.printJSON(u); err != nil {
					return err
				}
			}
			return nil
		}
		return a.printTable(c.Users(ctx, query))
	})
	return cmd
}

func (a *app) printTable(users func(func(api.User, error) bool)) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "JID\tSTATE\tROLE\tVALID UNTIL\tLAST LOGIN\tPASSWORD\tDISPLAY NAME")
	n := 0
	for u, err := range users {
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", u.JID, u.State, u.Role, a.moment(u.ValidUntil), a.moment(u.LastLoginAt), passwordMark(u.PasswordKind), u.DisplayName)
		// The widths of columns are found a screenful at a time, so that a
		// long list begins to appear at once and memory stays flat.
		if n++; n%100 == 0 {
			if err := table.Flush(); err != nil {
				return err
			}
		}
	}
	return table.Flush()
}

// passwordMark is empty for the usual kind, so that the others are seen.
func passwordMark(kind string) string {
	if kind == "set" {
		return ""
	}
	return kind
}
