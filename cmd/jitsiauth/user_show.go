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
		slowed := ""
		// A token that may only read would leave a warning in the service's log.
		if a.serverURL() == "" {
			view, err := c.UserThrottle(ctx, u.ID)
			if err != nil {
				return err
			}
			slowed = slowedText(view)
		}
		return a.printUser(u, slowed)
	})
	return cmd
}

// slowedText says who has to wait before they try again; empty: nobody.
func slowedText(view api.UserThrottle) string {
	var who []string
	if view.StrangersWait > 0 {
		who = append(who, "where the account is not known")
	}
	for _, s := range view.Sources {
		if s.RetryAfter > 0 {
			who = append(who, s.Source)
		}
	}
	if len(who) == 0 {
		return ""
	}
	const most = 3
	more := ""
	if len(who) > most {
		who, more = who[:most], ", …"
	}
	return "logins have to wait from " + strings.Join(who, ", ") + more + "; see 'throttle show'"
}

func (a *app) printUser(u api.User, slowed string) error {
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
		{"Slowed down", slowed},
		{"Revision", fmt.Sprint(u.Revision)},
	} {
		if row[1] == "" {
			row[1] = "-"
		}
		fmt.Fprintf(table, "%s:\t%s\n", row[0], row[1])
	}
	return table.Flush()
}
