package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

func (a *app) userSetCommand() *cobra.Command {
	var (
		fields userFlags
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "set NAME",
		Short: "Change display name, e-mail, note, role or validity",
		Long: `Change what is given and leave the rest. An empty value ("") clears a field;
for a date that means: no limit.`,
		Example: `  jitsiauth user set partner --valid-until 2026-12-04
  jitsiauth user set partner --valid-until ""        no end any more
  jitsiauth user set alice --role manager`,
		Args: cobra.ExactArgs(1),
	}
	fields.add(cmd)
	jsonFlag(cmd, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		patch, given := fields.patch(cmd.Flags().Changed)
		if !given {
			return usageError("nothing to change was given", "see 'jitsiauth user set --help'")
		}
		u, err := c.UpdateUser(ctx, args[0], patch)
		if err != nil {
			return err
		}
		if asJSON {
			return a.printJSON(u)
		}
		fmt.Fprintf(a.stderr, "changed %s: %s\n", u.JID, a.stateNote(u))
		return nil
	})
	return cmd
}

// patch holds the flags that were given.
func (f *userFlags) patch(changed func(string) bool) (patch api.UserPatch, given bool) {
	for _, field := range []struct {
		flag  string
		value string
		to    *api.Optional[string]
	}{
		{"display-name", f.displayName, &patch.DisplayName},
		{"email", f.email, &patch.Email},
		{"note", f.note, &patch.Note},
		{"role", f.role, &patch.Role},
		{"valid-from", f.validFrom, &patch.ValidFrom},
		{"valid-until", f.validUntil, &patch.ValidUntil},
	} {
		if !changed(field.flag) {
			continue
		}
		given = true
		*field.to = api.Some(field.value)
		if field.value == "" && field.flag != "role" {
			*field.to = api.Null[string]()
		}
	}
	return patch, given
}
