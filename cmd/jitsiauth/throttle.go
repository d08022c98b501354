package main

import (
	"context"
	"fmt"
	"net/netip"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

func (a *app) throttleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "throttle",
		Short: "Show who has to wait after wrong passwords, and let them try again",
		Long: `After wrong passwords, logins are slowed down: 10 for an account from one
address, then one a minute; 60 from one address, then one every 6 seconds; and
an account that many strangers try makes strangers wait, a minute at most.
Where someone has logged in before they are no strangers: guessing from
elsewhere does not lock them out.

A login that is slowed down is told to try again later, never that its password
is wrong, and right passwords count for nothing.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.throttleListCommand(), a.throttleShowCommand(), a.throttleClearCommand())
	return cmd
}

func (a *app) throttleListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the addresses and accounts that are slowed down now",
		Args:  cobra.NoArgs,
	}
	jsonFlag(cmd, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, _ []string) error {
		all, err := c.Throttle(ctx)
		if err != nil {
			return err
		}
		if asJSON {
			return a.printJSON(all)
		}
		if len(all.Sources)+len(all.Accounts) == 0 {
			fmt.Fprintln(a.stderr, "nobody has to wait")
			return nil
		}
		table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "WHO\tHAS TO WAIT\tATTEMPTS")
		for _, s := range all.Sources {
			where := ""
			if s.By == "account_source" {
				where = " at one account"
			}
			fmt.Fprintf(table, "%s\t%s\t%d%s\n", s.Source, waitText(s.RetryAfter), s.Attempts, where)
		}
		for _, u := range all.Accounts {
			fmt.Fprintf(table, "strangers at %s\t%s\t-\n", u.JID, waitText(u.StrangersWait))
		}
		return table.Flush()
	})
	return cmd
}

func (a *app) throttleShowCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show who has tried an account, and where it is known",
		Args:  cobra.ExactArgs(1),
	}
	jsonFlag(cmd, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		view, err := c.UserThrottle(ctx, args[0])
		if err != nil {
			return err
		}
		if asJSON {
			return a.printJSON(view)
		}
		return a.printThrottle(view)
	})
	return cmd
}

func (a *app) printThrottle(view api.UserThrottle) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "Strangers have to wait:\t%s\n", waitText(view.StrangersWait))
	for _, s := range view.Sources {
		why := ""
		if s.By == "source" {
			why = ", for attempts at many accounts"
		}
		fmt.Fprintf(table, "%s:\tattempts that count: %d; has to wait: %s%s\n", s.Source, s.Attempts, waitText(s.RetryAfter), why)
	}
	for _, k := range view.Known {
		fmt.Fprintf(table, "%s:\tknown since a login, last on %s\n", k.Source, a.moment(k.LastSeen))
	}
	return table.Flush()
}

// waitText says a number of seconds.
func waitText(seconds int) string {
	if seconds == 0 {
		return "no"
	}
	return (time.Duration(seconds) * time.Second).String()
}

func (a *app) throttleClearCommand() *cobra.Command {
	var source string
	cmd := &cobra.Command{
		Use:   "clear [NAME | --source ADDRESS]",
		Short: "Forget the wrong passwords of an account, or of an address",
		Long: `Forget the attempts at an account, or those from an address, so that they make
no login wait any longer. An account that many strangers try makes strangers
wait still after its address was cleared: clear the account, too. It is logged.`,
		Example: `  jitsiauth throttle clear alice
  jitsiauth throttle clear --source 203.0.113.9     an office in which many mistyped`,
		Args: cobra.MaximumNArgs(1),
	}
	cmd.Flags().StringVar(&source, "source", "", "`address`; of IPv6, its whole /64")
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		if (len(args) == 1) == (source != "") {
			return usageError("give either the name of an account or --source", "'throttle list' shows who has to wait")
		}
		if source == "" {
			if err := c.ClearUserThrottle(ctx, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "attempts at %s are forgotten\n", args[0])
			return nil
		}
		if _, err := netip.ParseAddr(source); err != nil {
			return usageError("--source must be an IP address", "such as 203.0.113.9")
		}
		if err := c.ClearSource(ctx, source); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "attempts from %s are forgotten\n", source)
		return nil
	})
	return cmd
}
