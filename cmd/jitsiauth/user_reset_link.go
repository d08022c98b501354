package main

import (
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

func (a *app) userResetLinkCommand() *cobra.Command {
	const most = int(jitsiauth.MaxResetLife / time.Hour)
	var (
		hours  int
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "reset-link NAME",
		Short: "Make a link with which somebody sets a new password",
		Long: `Print a link, once, alone on standard output. Whoever opens it in a browser sets
another password for the account, without the old one, which stays good until
then. It can be used once. It is void when the account gets another password or
more rights in another way, or is deleted, and while it is disabled. 'invite list'
shows it, 'invite revoke' ends it.`,
		Example: `  jitsiauth user reset-link alice
  jitsiauth user reset-link alice --hours 1`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().IntVar(&hours, "hours", most, "how many `hours` it can be used, 1 to "+strconv.Itoa(most))
	jsonFlag(cmd, &asJSON)
	cmd.RunE = does(func(cmd *cobra.Command, args []string) error {
		if hours < 1 || hours > most {
			return usageError("--hours must be 1 to "+strconv.Itoa(most), "")
		}
		return a.makeLink(cmd.Context(), args[0], asJSON, func(c *client.Client) (api.CreatedLink, error) {
			return c.CreateResetLink(cmd.Context(), api.NewResetLink{User: args[0], Hours: hours})
		})
	})
	return cmd
}
