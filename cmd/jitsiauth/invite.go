package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

// inviteFlags are those of invite as the user wrote them.
type inviteFlags struct {
	uses                                 int
	expires, validFrom, validUntil, note string
	admin, asJSON                        bool
}

func (a *app) inviteCommand() *cobra.Command {
	var f inviteFlags
	cmd := &cobra.Command{
		Use:   "invite",
		Short: "Make a link with which somebody makes an account of their own",
		Long: `Print a link, once, alone on standard output. Whoever opens it in a browser
chooses name and password of an account, with the role user. Nobody else learns
the password, and you need not think of a name. Hand the link on as you would a
key: who has it first may use it. A link for one is gone once it was used; one
with --uses N makes up to N accounts.

--valid-until is about the accounts, --expires about the link. The link outlasts
its maker: 'invite list' shows what is open, 'invite revoke' ends one.

With --admin, for a service without an administrator: the link makes the first
one, within an hour. It is void as soon as there is an administrator.

--domain names the accounts' domain; without it, that is the default one.`,
		Example: `  jitsiauth invite
  jitsiauth invite --uses 20 --expires 3d --valid-until 2026-11-27 --note "partner company"
  jitsiauth invite --admin
  jitsiauth invite list`,
		Args: cobra.NoArgs,
	}
	fs := cmd.Flags()
	fs.IntVar(&f.uses, "uses", 1, "how many accounts it makes, up to `N` = 1000")
	fs.StringVar(&f.expires, "expires", "", "how long the link can be used: days (7d), or its last `day` (2026-11-27), or a moment with its zone; at most 90 days (default 7d)")
	fs.StringVar(&f.validFrom, "valid-from", "", "first `day` of the accounts, or a moment with its zone")
	fs.StringVar(&f.validUntil, "valid-until", "", "last `day` of the accounts, or the moment from which on logins are refused")
	fs.StringVar(&f.note, "note", "", "`text` for administrators; the accounts get it too")
	fs.BoolVar(&f.admin, "admin", false, "make a link for the first administrator")
	jsonFlag(cmd, &f.asJSON)
	cmd.RunE = does(func(cmd *cobra.Command, _ []string) error {
		domain, err := a.oneDomain()
		if err != nil {
			return err
		}
		if f.admin {
			return a.inviteAdmin(cmd, domain, f.asJSON)
		}
		invite, err := f.invite(domain)
		if err != nil {
			return err
		}
		return a.makeLink(cmd.Context(), "", f.asJSON, func(c *client.Client) (api.CreatedLink, error) {
			return c.CreateInvite(cmd.Context(), invite)
		})
	})
	cmd.AddCommand(a.inviteListCommand(), a.inviteRevokeCommand())
	return cmd
}

// oneDomain takes --domain for the accounts' domain. With --db it also says what
// the file serves, and the first of several is meant, as everywhere.
func (a *app) oneDomain() (string, error) {
	t := &a.target
	if len(t.domains) == 0 {
		return "", nil
	}
	if t.db != "" {
		return t.domains[0], nil
	}
	if len(t.domains) > 1 {
		return "", usageError("--domain names more than one domain", "make a link for each")
	}
	domain := t.domains[0]
	t.domains = nil // a running service is not told what it serves
	return domain, nil
}

// inviteAdmin makes the link for the first administrator.
func (a *app) inviteAdmin(cmd *cobra.Command, domain string, asJSON bool) error {
	for _, flag := range []string{"uses", "expires", "valid-from", "valid-until", "note"} {
		if cmd.Flags().Changed(flag) {
			return usageError("--admin takes no --"+flag, "the link can be used once, within an hour, and makes an administrator")
		}
	}
	err := a.makeLink(cmd.Context(), "", asJSON, func(c *client.Client) (api.CreatedLink, error) {
		return c.CreateAdminLink(cmd.Context(), api.NewAdminLink{Domain: domain})
	})
	if errors.Is(err, jitsiauth.ErrExists) {
		return &failure{text: "there is an administrator already", hint: "they, or root on the server, can make others: 'jitsiauth user set NAME --role admin'", kind: err}
	}
	return err
}

// invite is the body for the flags.
func (f *inviteFlags) invite(domain string) (api.NewInvite, error) {
	n := api.NewInvite{Domain: domain, Uses: f.uses, ExpiresAt: f.expires, ValidFrom: f.validFrom, ValidUntil: f.validUntil, Note: f.note}
	if f.uses < 1 || f.uses > jitsiauth.MaxInviteUses {
		return n, usageError("--uses must be 1 to "+strconv.Itoa(jitsiauth.MaxInviteUses), "")
	}
	if number, isDays := strings.CutSuffix(f.expires, "d"); isDays {
		days, err := strconv.Atoi(number)
		if err != nil || days < 1 || days > 90 {
			return n, usageError("--expires must be 1d to 90d, or a day like 2026-11-27", "")
		}
		n.Days, n.ExpiresAt = days, ""
	}
	return n, nil
}

// makeLink makes and prints a link, about the account called name if not empty.
func (a *app) makeLink(ctx context.Context, name string, asJSON bool, create func(c *client.Client) (api.CreatedLink, error)) error {
	return a.connected(ctx, func(c *client.Client) error {
		made, err := create(c)
		if err != nil {
			return a.explain(err, name, a.where())
		}
		if asJSON {
			return a.printJSON(made)
		}
		address := made.URL
		if address == "" {
			address = made.Path
			fmt.Fprintln(a.stderr, "this is the path only: put the address of your Jitsi before it, such as https://meet.example.org\n"+
				"(the service prints whole links once it has --public-url or JITSIAUTH_PUBLIC_URL)")
		}
		fmt.Fprintln(a.stderr, a.linkNote(made.Link))
		return a.printSecret(address, "the link was made")
	})
}

// linkNote says what the link is good for.
func (a *app) linkNote(l api.Link) string {
	until := "until " + a.moment(l.ExpiresAt)
	switch l.Kind {
	case "admin":
		return "link for the first administrator, of " + l.Domain + ", " + until + "; shown once:"
	case "reset":
		return "link for a new password of " + l.JID + ", to be used once, " + until + "; shown once:"
	}
	accounts := "an account"
	if l.Uses > 1 {
		accounts = fmt.Sprintf("%d accounts", l.Uses)
	}
	if !l.ValidUntil.IsZero() {
		accounts += " that can log in until " + a.moment(l.ValidUntil)
	}
	return "link for " + accounts + " of " + l.Domain + ", to be used " + until + "; shown once:"
}
