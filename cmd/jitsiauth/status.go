package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

func (a *app) statusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how the service is, and what to look at",
		Long: `Show what the service knows of itself, of its accounts and of each Prosody
since it began, and what an administrator should look at. The page
/accounts/status shows the same.`,
		Args: cobra.NoArgs,
	}
	jsonFlag(cmd, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, _ []string) error {
		st, err := c.Status(ctx)
		if err != nil {
			return err
		}
		if asJSON {
			return a.printJSON(st)
		}
		return a.printStatus(&st)
	})
	return cmd
}

func (a *app) printStatus(st *api.Status) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(table, name+":\t"+format+"\n", args...) }
	row("Version", "%s", cmp.Or(st.Version, "-"))
	row("Runs since", "%s", a.moment(st.StartedAt))
	row("Time zone", "%s", st.Timezone)
	row("Domains", "%s", strings.Join(st.Domains, ", "))
	row("Public address", "%s", cmp.Or(st.PublicURL, "-"))
	if st.StoreBytes > 0 {
		row("Database", "%d KiB", (st.StoreBytes+1023)/1024)
	}
	if n := st.Accounts; n != nil {
		row("Accounts", "%d active, %d of them administrators; %d disabled, %d not valid yet, %d expired", n.Active, n.Administrators, n.Disabled, n.NotYetValid, n.Expired)
	} else {
		row("Accounts", "are being counted; ask again")
	}
	row("Hashing", "%d of at most %d, %d waiting, %d logins refused", st.Hashing.Now, st.Hashing.AtOnce, st.Hashing.Waiting, st.Hashing.Refused)
	for i := range st.Prosody {
		p := &st.Prosody[i]
		row("Prosody "+p.Caller, "last seen %s, asked about a login %s", a.moment(p.LastSeen), a.moment(p.LastLogin))
		for _, one := range p.Instances {
			row("  run "+cmp.Or(one.Name, "-"), "%s", instanceText(&one))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, w := range st.Warnings {
		fmt.Fprintf(a.stdout, "\n%s: %s\n", w.Code, w.Message)
	}
	return nil
}

func instanceText(p *api.StatusInstance) string {
	text := "does not follow the changes of accounts"
	if p.Follows {
		text = "follows the changes of accounts"
	}
	if p.Lag != nil {
		text += fmt.Sprintf(", %d entries behind", *p.Lag)
	}
	if p.ReportsSessions {
		return text + ", reports who is in"
	}
	return text + ", does not report who is in"
}
