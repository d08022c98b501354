package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/jitsiauth/server/authsvc/client"
)

func (a *app) userDeleteCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "delete NAME",
		Short: "Remove an account for good",
		Long: `Remove an account for good; it asks first. Its name can be given out again, to
what is then another account. To keep it for later, use 'user disable'.`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		u, err := c.User(ctx, args[0])
		if err != nil {
			return err
		}
		if !yes {
			if err := a.confirm(fmt.Sprintf("Delete %s for good? Type yes: ", u.JID)); err != nil {
				return err
			}
		}
		// By ID: what was shown is what goes, even if the name was given out
		// again meanwhile.
		if err := c.DeleteUser(ctx, u.ID); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "deleted %s\n", u.JID)
		return nil
	})
	return cmd
}

// confirm asks on the terminal and returns nil for yes.
func (a *app) confirm(question string) error {
	terminal, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) { //nolint:gosec // a descriptor fits an int
		return usageError("no terminal to ask on", "give --yes if you are sure")
	}
	fmt.Fprint(a.stderr, question)
	answer, err := bufio.NewReader(terminal).ReadString('\n')
	if err != nil {
		return err
	}
	if strings.TrimSpace(answer) != "yes" {
		return errors.New("not confirmed; nothing was changed")
	}
	return nil
}
