package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/client"
)

func (a *app) userKickCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "kick NAME...",
		Short: "End the sessions of accounts, whose people can log in again",
		Long: `Tell all open sessions of the accounts to leave. Prosody ends them as soon as it
hears of it, at once as a rule; a Prosody that is not there at the moment does
so when it follows again, and one that was told not to (http_auth_end_sessions)
never. Nobody else's session ends.

The people can log in again, with the same password. To keep somebody out, use
'user disable', which ends the sessions too; against somebody who knows the
password, 'user passwd'. It is logged as user.sessions_ended.

All names are looked up before anybody is told to leave.`,
		Example: `  jitsiauth user show alice             where alice is in
  jitsiauth user kick alice             out, and may come back
  jitsiauth user disable alice          out, and may not`,
		Args: cobra.MinimumNArgs(1),
	}
	jsonFlag(cmd, &asJSON)
	cmd.RunE = does(func(cmd *cobra.Command, args []string) error {
		return a.connected(cmd.Context(), func(c *client.Client) error {
			return a.kick(cmd.Context(), c, args, asJSON)
		})
	})
	return cmd
}

// kick ends the sessions of each account, once.
func (a *app) kick(ctx context.Context, c *client.Client, names []string, asJSON bool) error {
	var found []userAndSessions
	for _, name := range names {
		u, err := withSessions(ctx, c, name)
		if err != nil {
			return a.explain(err, name, a.where())
		}
		if !slices.ContainsFunc(found, func(other userAndSessions) bool { return other.ID == u.ID }) {
			found = append(found, u)
		}
	}
	for i, u := range found {
		// By ID: the account that was looked up, even if the name was given out
		// again meanwhile.
		if err := c.EndSessions(ctx, u.ID); err != nil {
			return kickedBefore(a.explain(err, u.JID, a.where()), found[:i])
		}
		if asJSON {
			if err := a.printJSON(u); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(a.stderr, "%s: %s; %s\n", u.JID, kickText(u), a.stateNote(u.User))
	}
	if !asJSON {
		a.hintDisable(found)
	}
	return nil
}

// kickText says what happens to the sessions that were known.
func kickText(u userAndSessions) string {
	switch n := len(u.Sessions.Sessions); {
	case !u.Sessions.Reported:
		return "told to leave (no Prosody reports: it is away and obeys when it is back, or doesn't follow)"
	case n == 0:
		return "no session is known; told to leave all the same"
	case n == 1:
		return "1 session told to leave"
	default:
		return fmt.Sprintf("%d sessions told to leave", n)
	}
}

// hintDisable is for who did not mean that they can come back.
func (a *app) hintDisable(kicked []userAndSessions) {
	canReturn := slices.DeleteFunc(slices.Clone(kicked), func(u userAndSessions) bool { return u.State != "active" })
	switch len(canReturn) {
	case 0:
	case 1:
		fmt.Fprintf(a.stderr, "hint: to keep them out: jitsiauth user disable %s\n", canReturn[0].JID)
	default:
		fmt.Fprintln(a.stderr, "hint: to keep somebody out: jitsiauth user disable NAME")
	}
}

// kickedBefore says in the error what was done all the same.
func kickedBefore(err error, done []userAndSessions) error {
	if len(done) == 0 {
		return err
	}
	var names []string
	for _, u := range done {
		names = append(names, u.JID)
	}
	text := err.Error() + "; told to leave before that: " + strings.Join(names, ", ")
	kind := err
	if f, ok := errors.AsType[*failure](err); ok {
		kind = f.kind
	}
	return &failure{text: text, hint: hintFor(err), kind: kind}
}
