package main

import (
	"context"
	"errors"
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
		Short: "Show one account, and where it is in",
		Long: `Show one account and, as far as Prosody reports it, its open sessions: since
when, over which way, from which address, whether as a guest (somebody whose
login Jicofo remembered), and in which rooms. What Prosody reports is some
moments old. Where no Prosody reports, who is in is not known, which is not the
same as nobody. 'user kick' ends the sessions.`,
		Args: cobra.ExactArgs(1),
	}
	jsonFlag(cmd, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		u, err := withSessions(ctx, c, args[0])
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
		return errors.Join(a.printUser(u, slowed), a.printSessions(a.stdout, u.Sessions))
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

// passwordText says where the password comes from.
func passwordText(kind string) string {
	switch kind {
	case "set":
		return "set here"
	case "imported":
		return "brought over: no rule of this service has seen it"
	case "scram":
		return "brought over, still Prosody's record; the next login makes bcrypt of it, unless it has more than 72 bytes"
	case "none":
		return "none: nobody can log in; 'user reset-link' makes a link to set one"
	}
	return kind
}

func (a *app) printUser(u userAndSessions, slowed string) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"JID", u.JID},
		{"ID", u.ID},
		{"State", u.State + " (" + a.stateNote(u.User) + ")"},
		{"Role", u.Role},
		{"Display name", u.DisplayName},
		{"E-mail", u.Email},
		{"Note", strings.NewReplacer("\n", "\n\t", "\t", " ").Replace(u.Note)},
		{"Valid from", a.moment(u.ValidFrom)},
		{"Valid until", a.moment(u.ValidUntil)},
		{"Created", a.moment(u.CreatedAt)},
		{"Changed", a.moment(u.UpdatedAt)},
		{"Password", passwordText(u.PasswordKind)},
		{"Password set", a.moment(u.PasswordChangedAt)},
		{"Last login", a.moment(u.LastLoginAt)},
		{"Slowed down", slowed},
		{"Revision", fmt.Sprint(u.Revision)},
		{"Sessions", sessionsText(u.Sessions)},
	} {
		if row[1] == "" {
			row[1] = "-"
		}
		fmt.Fprintf(table, "%s:\t%s\n", row[0], row[1])
	}
	return table.Flush()
}
