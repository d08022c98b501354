package main

import (
	"strings"

	"github.com/jitsiauth/server/authsvc/api"
)

// passwordless are the accounts of an import that nobody can log in to yet.
type passwordless struct {
	named []string // the first of them, each with why, where that is known
	count int
	weak  bool // some are, or were refused, for a bcrypt hash of too low a cost
}

func (p *passwordless) add(result api.ImportResult) {
	if strings.Contains(result.Notice, "allow_weak") || strings.Contains(result.Rule, "allow_weak") {
		p.weak = true
	}
	if !result.NoPassword {
		return
	}
	if p.count++; p.count > mostShown {
		return
	}
	name := result.JID
	if result.Notice != "" {
		name += ": " + result.Notice
	}
	p.named = append(p.named, name)
}

// tell lists them, and what to do about each.
func (p *passwordless) tell(r *importReport) {
	if p.count > 0 {
		head := "accounts without a password, which nobody can log in to yet: %d"
		if r.query.DryRun {
			head = "accounts that would have no password: %d"
		}
		r.say(head, p.count)
		for _, name := range p.named {
			r.say("  %s", name)
		}
		if p.count > len(p.named) {
			r.say("  … and %d more", p.count-len(p.named))
		}
		if !r.query.DryRun {
			r.say("'jitsiauth user reset-link NAME' makes a link with which its owner sets one; 'jitsiauth user list --password none' lists them again")
		}
	}
	if p.weak {
		r.say("--allow-weak takes the bcrypt hashes of a cost below 10, too; the first login of each makes a stronger one of it: %s", r.again("--allow-weak"))
	}
}
