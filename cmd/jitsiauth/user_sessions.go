package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

// userAndSessions is an account as 'user show --json' prints it.
type userAndSessions struct {
	api.User
	Sessions api.UserSessions `json:"sessions"`
}

// withSessions looks an account up, and where it is in.
func withSessions(ctx context.Context, c *client.Client, name string) (u userAndSessions, err error) {
	if u.User, err = c.User(ctx, name); err == nil {
		u.Sessions, err = c.UserSessions(ctx, u.ID)
	}
	return u, err
}

// sessionsText is the line about sessions; the table of them follows.
func sessionsText(s api.UserSessions) string {
	switch {
	case !s.Reported:
		return "not known: no Prosody reports"
	case len(s.Sessions) == 0:
		return "none"
	case len(s.Sessions) == api.MaxShownSessions:
		return fmt.Sprintf("%d or more, the latest are", len(s.Sessions))
	}
	return fmt.Sprint(len(s.Sessions))
}

// printSessions prints a table, or nothing where there is nothing for it.
func (a *app) printSessions(to io.Writer, s api.UserSessions) error {
	if len(s.Sessions) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nSINCE\tOVER\tFROM\tGUEST\tROOMS")
	for _, one := range s.Sessions {
		from, guest := cmp.Or(one.Source, "-"), "no"
		if one.Proxy {
			from += " (proxy)"
		}
		if one.Guest {
			guest = "yes"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", a.moment(one.Since), one.Transport, from, guest, cmp.Or(strings.Join(one.Rooms, ", "), "-"))
	}
	return table.Flush()
}
