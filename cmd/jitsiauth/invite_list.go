package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

func (a *app) inviteListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List links of all kinds, without their secrets",
		Long: `List links of all kinds, also those of 'user reset-link', in the order they were
made. One that can't be used any more stays in the list until 30 days after it
has expired. States: active; used_up; expired; void (the account has another
password or more rights since, is disabled or gone; or there is an administrator
already).`,
		Args: cobra.NoArgs,
	}
	jsonFlag(cmd, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, _ []string) error {
		links, err := allLinks(ctx, c)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		if !asJSON {
			fmt.Fprintln(table, "ID\tKIND\tSTATE\tLEFT\tFOR\tEXPIRES\tMADE\tBY\tNOTE")
		}
		for _, l := range links {
			if asJSON {
				if err := a.printJSON(l); err != nil {
					return err
				}
				continue
			}
			note := cmp.Or(strings.NewReplacer("\n", " ", "\t", " ").Replace(l.Note), "-")
			fmt.Fprintf(table, "%s\t%s\t%s\t%d of %d\t%s\t%s\t%s\t%s\t%s\n", l.ID, l.Kind, l.State, l.Left, l.Uses, cmp.Or(l.JID, l.Domain),
				a.moment(l.ExpiresAt), a.moment(l.CreatedAt), strings.TrimSpace(l.Actor+" "+l.ActorName), note)
		}
		return table.Flush()
	})
	return cmd
}

// allLinks are those of both lists, oldest first.
func allLinks(ctx context.Context, c *client.Client) ([]api.Link, error) {
	invites, err := c.Invites(ctx)
	if err != nil {
		return nil, err
	}
	resets, err := c.ResetLinks(ctx)
	links := append(invites, resets...)
	slices.SortStableFunc(links, func(x, y api.Link) int { return x.CreatedAt.Compare(y.CreatedAt) })
	return links, err
}

func (a *app) inviteRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "End a link at once, of any kind; the accounts that it made stay",
		Args:  cobra.ExactArgs(1),
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			err := c.RevokeInvite(ctx, args[0])
			if errors.Is(err, jitsiauth.ErrNotFound) {
				err = c.RevokeResetLink(ctx, args[0])
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "link %s revoked\n", args[0])
			return nil
		}),
	}
}

// completeLink offers the links that can still be used, with what they are for.
func (a *app) completeLink(cmd *cobra.Command, args []string, begun string) (found []cobra.Completion, _ cobra.ShellCompDirective) {
	if len(args) > 0 || a.target.db != "" || a.serverURL() != "" {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completeWithin)
	defer cancel()
	err := a.connected(ctx, func(c *client.Client) error {
		links, err := allLinks(ctx, c)
		for _, l := range links {
			if l.State == string(jitsiauth.LinkActive) && strings.HasPrefix(l.ID, begun) && len(found) < completeMost {
				found = append(found, cobra.CompletionWithDesc(l.ID, l.Kind+" "+cmp.Or(l.JID, l.Domain)))
			}
		}
		return err
	})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}
