package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

func (a *app) userShowCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show one account",
		Args:  cobra.ExactArgs(1),
	}
	jsonFlag(cmd, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		u, err := c.User(ctx, args[0])
		if err != nil {
			return err
		}
		if asJSON {
			return a.printJSON(u)
		}
		return a.printUser(u)
	})
	return cmd
}

func (a *app) printUser(u api.User) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"JID", u.JID},
		{"ID", u.ID},
		{"State", u.State + " (" + a.stateNote(u) + ")"},
		{"Role", u.Role},
		{"Display name", u.DisplayName},
		{"E-mail", u.Email},
		{"Note", strings.NewReplacer("\n", "\n\t", "\t", " ").Replace(u.Note)},
		{"Valid from", a.moment(u.ValidFrom)},
		{"Valid until", a.moment(u.ValidUntil)},
		{"Created", a.moment(u.CreatedAt)},
		{"Changed", a.moment(u.UpdatedAt)},
		{"Password set", a.moment(u.PasswordChangedAt)},
		{"Last login", a.moment(u.LastLoginAt)},
		{"Revision", fmt.Sprint(u.Revision)},
	} {
		if row[1] == "" {
			row[1] = "-"
		}
		fmt.Fprintf(table, "%s:\t%s\n", row[0], row[1])
	}
	return table.Flush()
}
