package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

func (a *app) userCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Add, change and remove accounts while meetings run",
		Long: `Add, change and remove accounts, and see and end their sessions. A change is in
force at once, and nothing restarts: the next login obeys it, and Prosody (with
this project's mod_auth_http) ends the open sessions of an account that is
disabled, deleted or expired, or gets another password. NAME is the local part
of an account of the default domain, NAME@DOMAIN of another one, or an account's
ID.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		a.userAddCommand(), a.userListCommand(), a.userShowCommand(), a.userSetCommand(), a.userPasswdCommand(), a.userResetLinkCommand(),
		a.userEnableCommand(), a.userDisableCommand(), a.userKickCommand(), a.userDeleteCommand(),
	)
	return cmd
}

// with runs the work of a command with a client for the target.
func (a *app) with(work func(ctx context.Context, c *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return does(func(cmd *cobra.Command, args []string) error {
		name := ""
		if len(args) > 0 {
			name = args[0]
		}
		return a.connected(cmd.Context(), func(c *client.Client) error {
			return a.explain(work(cmd.Context(), c, args), name, a.where())
		})
	})
}

// connected is with for work that explains its errors itself.
func (a *app) connected(ctx context.Context, work func(c *client.Client) error) (err error) {
	c, done, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	return work(c)
}

// userFlags are the fields of an account that add and set share.
type userFlags struct {
	displayName, email, note, role, validFrom, validUntil string
}

func (f *userFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.displayName, "display-name", "", "`name` for people")
	fs.StringVar(&f.email, "email", "", "e-mail `address`")
	fs.StringVar(&f.note, "note", "", "`text` for administrators")
	fs.StringVar(&f.role, "role", "", "`role`: user, manager or admin")
	fs.StringVar(&f.validFrom, "valid-from", "", "first `day` (2026-11-23), or a moment with its zone (2026-11-23T09:00:00+09:00)")
	fs.StringVar(&f.validUntil, "valid-until", "", "last `day`, or the moment from which on logins are refused")
}

// printJSON writes one line, for programs.
func (a *app) printJSON(v any) error {
	return json.NewEncoder(a.stdout).Encode(v)
}

// moment shows a time with its zone, "-" for none.
func (a *app) moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	where, err := zone(a.env["JITSIAUTH_TIMEZONE"])
	if err != nil {
		where = time.UTC
	}
	return t.In(where).Format("2006-01-02 15:04 MST")
}

// jsonFlag adds --json to a command.
func jsonFlag(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON, one object a line")
}

// stateNote says what an account's state means for the person.
func (a *app) stateNote(u api.User) string {
	switch u.State {
	case "disabled":
		return "disabled: logins are refused"
	case "expired":
		return "expired since " + a.moment(u.ValidUntil) + ": logins are refused"
	case "not_yet_valid":
		return "logins are refused until " + a.moment(u.ValidFrom)
	}
	if !u.ValidUntil.IsZero() {
		return "can log in now, until " + a.moment(u.ValidUntil)
	}
	return "can log in now"
}
