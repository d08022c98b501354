package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

// plan is what 'apply' would do.
type plan struct {
	file       *declaredFile
	changes    []*plannedChange // in the order of the file
	removed    []api.User       // with --prune, in the order of their names
	domains    []string         // of which the file names accounts
	unchanged  int
	undeclared int // accounts of those domains that the file does not name, and that stay
	jids       map[string]*declaredAccount
}

// plannedChange is an account to be added, or changed where fields are named.
type plannedChange struct {
	account *declaredAccount
	jid     string
	add     bool
	fields  []string
	old     api.User
}

// empty reports that all is as the file says.
func (p *plan) empty() bool { return len(p.changes) == 0 && len(p.removed) == 0 }

func (p *plan) adds() (n int) {
	for _, change := range p.changes {
		if change.add {
			n++
		}
	}
	return n
}

// generated is how many passwords are to be made.
func (p *plan) generated() (n int) {
	for _, change := range p.changes {
		if change.add && change.account.Generate {
			n++
		}
	}
	return n
}

// planChanges asks the service what the file would change. Where a line is refused
// it returns *wrongLines.
func (o *applyOptions) planChanges(ctx context.Context, a *app, c *client.Client, file *declaredFile) (*plan, error) {
	p := &plan{file: file, jids: map[string]*declaredAccount{}}
	wrong := &wrongLines{file: file.name}
	bar, looked := a.newProgress("accounts compared"), 0
	bar.total = len(file.accounts)
	query := api.ImportQuery{Mode: upsert, DryRun: true, AllowWeak: o.allowWeak}
	err := importAccounts(ctx, c, file.accounts, query, func(account *declaredAccount, result api.ImportResult) error {
		looked++
		bar.at(looked)
		p.take(a.lang, account, result, wrong)
		return nil
	})
	bar.clear()
	if err != nil {
		return nil, err
	}
	if err := wrong.asError(); err != nil {
		return nil, err
	}
	return p, p.compare(ctx, c, o.prune)
}

// take notes what would become of an account.
func (p *plan) take(lang string, account *declaredAccount, result api.ImportResult, wrong *wrongLines) {
	if first, again := p.jids[result.JID]; again && result.JID != "" {
		wrong.add(account.line, result.JID, "", fmt.Sprintf("must not be declared twice: line %d has this account already", first.line))
		return
	}
	if result.Result == api.ImportError {
		wrong.add(p.file.at(account, result.Field), result.JID, "", whyRefused(lang, result))
		return
	}
	p.jids[result.JID] = account
	if _, domain, _ := strings.Cut(result.JID, "@"); !slices.Contains(p.domains, domain) {
		p.domains = append(p.domains, domain)
	}
	if result.Result == api.ImportUnchanged {
		p.unchanged++
		return
	}
	p.changes = append(p.changes, &plannedChange{
		account: account, jid: result.JID, add: result.Result == api.ImportCreated, fields: result.Changed,
	})
}

// whyRefused also says who may do what this caller may not.
func whyRefused(lang string, result api.ImportResult) string {
	if result.Code == api.CodeForbidden {
		return "not allowed: it takes an administrator, by a token of scope admin or the unix socket"
	}
	return why(lang, result)
}

// compare looks at the accounts that there are: what their fields are now, and
// which of them the file does not name.
func (p *plan) compare(ctx context.Context, c *client.Client, prune bool) error {
	changed := map[string]*plannedChange{}
	for _, change := range p.changes {
		changed[change.jid] = change
	}
	for _, domain := range p.domains {
		for user, err := range c.Users(ctx, api.UserQuery{Domain: domain, Limit: 1000}) {
			if err != nil {
				return err
			}
			if change := changed[user.JID]; change != nil {
				change.old = user
			}
			if _, declared := p.jids[user.JID]; declared {
				continue
			}
			if prune {
				p.removed = append(p.removed, user)
			} else {
				p.undeclared++
			}
		}
	}
	return nil
}

// importAccounts sends accounts and hands on what became of each.
func importAccounts(ctx context.Context, c *client.Client, accounts []*declaredAccount, query api.ImportQuery,
	each func(*declaredAccount, api.ImportResult) error,
) error {
	var body bytes.Buffer
	lines := json.NewEncoder(&body)
	for _, account := range accounts {
		if err := lines.Encode(account.ImportLine); err != nil { //nolint:gosec // what a service is told
			return err
		}
	}
	for result, err := range c.Import(ctx, &body, api.NDJSONType, query) {
		if err != nil {
			return err
		}
		if result.Summary != nil {
			continue
		}
		if result.Line < 1 || result.Line > len(accounts) {
			return fmt.Errorf("the service told of line %d, which it was not sent", result.Line)
		}
		if err := each(accounts[result.Line-1], result); err != nil {
			return err
		}
	}
	return nil
}
