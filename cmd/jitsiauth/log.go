package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

func (a *app) logCommand() *cobra.Command {
	var (
		query          api.LogQuery
		logins, asJSON bool
		number         int
	)
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Show who changed what, or with --logins who logged in, newest first",
		Example: `  jitsiauth log --user alice
  jitsiauth log --action user.deleted --since 2026-11-01
  jitsiauth log --logins --result bad_credentials --number 20
  jitsiauth log --logins --number 0 --json > logins.ndjson`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&logins, "logins", false, "show attempts to log in instead of changes")
	cmd.Flags().StringVar(&query.User, "user", "", "only those of this `account`: name, JID or ID; also one that is gone")
	cmd.Flags().StringVar(&query.Action, "action", "", "only changes of this `kind`, such as user.updated")
	cmd.Flags().StringVar(&query.Result, "result", "", "only logins with this `result`, such as ok or bad_credentials")
	cmd.Flags().StringVar(&query.Since, "since", "", "first `day`, or a moment with its zone")
	cmd.Flags().StringVar(&query.Until, "until", "", "last `day`, or the moment before which")
	cmd.Flags().IntVar(&number, "number", 100, "how many entries; 0: all")
	jsonFlag(cmd, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, _ []string) error {
		if number < 0 {
			return usageError("--number must not be below 0", "0 shows all")
		}
		if logins && query.Action != "" || !logins && query.Result != "" {
			return usageError("--action is for changes, --result for --logins", "")
		}
		if query.Limit = 1000; number > 0 {
			query.Limit = min(number, 1000)
		}
		if logins {
			return printLog(a, c.Logins(ctx, query), number, asJSON, "TIME\tRESULT\tACCOUNT\tSOURCE\tBY WAY OF\tTIMES", a.loginLine)
		}
		return printLog(a, c.Changes(ctx, query), number, asJSON, "TIME\tACTION\tOF\tFIELDS\tBY\tFROM", a.changeLine)
	})
	return cmd
}

// printLog prints the first entries, 0 meaning all.
func printLog[E any](a *app, entries iter.Seq2[E, error], number int, asJSON bool, header string, line func(E) string) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	if !asJSON {
		fmt.Fprintln(table, header)
	}
	n := 0
	for entry, err := range entries {
		if err != nil {
			return err
		}
		if asJSON {
			if err := a.printJSON(entry); err != nil {
				return err
			}
		} else {
			fmt.Fprintln(table, line(entry))
		}
		if n++; n == number {
			break
		}
		if n%100 == 0 { // as in printTable
			if err := table.Flush(); err != nil {
				return err
			}
		}
	}
	return table.Flush()
}

func (a *app) changeLine(c api.Change) string {
	of := cmp.Or(c.JID, c.Name, c.ID, "-")
	if strings.HasPrefix(c.Action, "link.") { // by its ID it is found again among others
		of = strings.TrimSpace(c.Name + " " + c.ID + " " + c.JID)
	}
	return strings.Join([]string{
		a.moment(c.At), c.Action, of, cmp.Or(strings.Join(c.Fields, ","), "-"),
		strings.TrimSpace(c.Actor + " " + c.ActorName), cmp.Or(c.Source, "-"),
	}, "\t")
}

func (a *app) loginLine(l api.Login) string {
	account, source := l.JID, cmp.Or(l.Source, "-")
	if l.Rest {
		account = "(any)"
	}
	if l.Proxy {
		source += " (proxy)"
	}
	return strings.Join([]string{
		a.moment(l.At), l.Result, account, source, strings.TrimSpace(l.Transport + " " + l.ActorName), fmt.Sprint(l.Count),
	}, "\t")
}
