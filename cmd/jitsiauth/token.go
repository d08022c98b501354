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

func (a *app) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make and revoke the tokens that programs come with",
		Long: `A token lets a program in over HTTP. Its scopes say what it may do:
  auth         Prosody's: ask about logins, nothing else
  users:read   list and show accounts
  users:write  add, change and remove accounts that are not an administrator's
  admin        everything but ask about logins`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.tokenCreateCommand(), a.tokenListCommand(), a.tokenRevokeCommand())
	return cmd
}

func (a *app) tokenCreateCommand() *cobra.Command {
	var (
		n      api.NewToken
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "create NAME --scope SCOPE[,SCOPE…]",
		Short: "Make a token and print its secret, once, alone on standard output",
		Example: `  umask 077; jitsiauth token create portal --scope users:write > portal.token
  jitsiauth token create prosody2 --scope auth > prosody2.token`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringSliceVar(&n.Scopes, "scope", nil, "`scope`: auth, users:read, users:write or admin; repeat or separate by comma")
	cmd.Flags().StringSliceVar(&n.Domains, "only-domain", nil, "the only `domain` it may touch; repeat or separate by comma (default: all)")
	cmd.Flags().StringVar(&n.ExpiresAt, "expires", "", "last `day`, or a moment with its zone (default: never)")
	jsonFlag(cmd, &asJSON)
	if err := cmd.MarkFlagRequired("scope"); err != nil {
		panic(err) // the flag is two lines above
	}
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		n.Name = args[0]
		made, err := c.CreateToken(ctx, n)
		if err != nil {
			return err
		}
		if asJSON {
			return a.printJSON(made)
		}
		fmt.Fprintf(a.stderr, "token %s made; this is its secret, shown once:\n", made.Name)
		return a.printSecret(made.Secret, "token "+made.Name+" was made")
	})
	return cmd
}

func (a *app) tokenListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List tokens, without their secrets",
		Args:  cobra.NoArgs,
	}
	jsonFlag(cmd, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, _ []string) error {
		tokens, err := c.Tokens(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		if !asJSON {
			fmt.Fprintln(table, "NAME\tSCOPES\tDOMAINS\tEXPIRES\tCREATED\tLAST USED\tSECRET")
		}
		for _, t := range tokens {
			if asJSON {
				if err := a.printJSON(t); err != nil {
					return err
				}
				continue
			}
			domains := strings.Join(t.Domains, ",")
			if domains == "" {
				domains = "all"
			}
			prefix := "-"
			if t.Prefix != "" {
				prefix = t.Prefix + "…"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.Name, strings.Join(t.Scopes, ","), domains,
				a.moment(t.ExpiresAt), a.moment(t.CreatedAt), a.moment(t.LastUsedAt), prefix)
		}
		return table.Flush()
	})
	return cmd
}

func (a *app) tokenRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NAME",
		Short: "End a token at once",
		Args:  cobra.ExactArgs(1),
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			if err := c.RevokeToken(ctx, args[0]); err != nil {
				return err
			}
			fmt.Fprintf(a.stderr, "token %s revoked\n", args[0])
			return nil
		}),
	}
}
