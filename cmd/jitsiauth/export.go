package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

func (a *app) exportCommand() *cobra.Command {
	var query api.ExportQuery
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print all accounts as NDJSON or CSV",
		Long: `Print all accounts, in the order of their names, on standard output. CSV is for
spreadsheets: a cell that one would take for a formula has a ' before it, which
'import' takes off again.

With --hashes, whoever has the output can try passwords on it: give it to nobody,
and remove it.`,
		Example: `  jitsiauth export --format csv > accounts.csv
  (umask 077; jitsiauth export --hashes > accounts.ndjson)`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&query.Format, "format", "ndjson", "`format`: ndjson or csv")
	cmd.Flags().BoolVar(&query.Hashes, "hashes", false, "with password hashes, which needs an administrator")
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, _ []string) error {
		answer, err := c.Export(ctx, query)
		if err != nil {
			return err
		}
		_, err = io.Copy(a.stdout, answer)
		if err = errors.Join(err, answer.Close()); err != nil {
			return advise(fmt.Errorf("the export was cut off: %w", err), "don't use what was printed; try again")
		}
		return nil
	})
	return cmd
}
