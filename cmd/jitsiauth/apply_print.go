package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
)

// planLine is a line of --json.
type planLine struct {
	Action   string        `json:"action,omitzero"` // add, change, remove
	JID      string        `json:"jid,omitzero"`
	Line     int           `json:"line,omitzero"`     // of the file
	Password string        `json:"password,omitzero"` // generated, set, hash, none: what the account gets
	Fields   []fieldChange `json:"fields,omitzero"`
	Summary  *planSummary  `json:"summary,omitzero"`
}

// fieldChange has texts as people read them.
type fieldChange struct {
	Field string `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

type planSummary struct {
	Changes    int  `json:"changes"` // the sum of the next three
	Add        int  `json:"add"`
	Change     int  `json:"change"`
	Remove     int  `json:"remove"`
	Unchanged  int  `json:"unchanged"`
	Undeclared int  `json:"undeclared"` // accounts that the file does not name, and that stay
	DryRun     bool `json:"dry_run"`
}

// printPlan writes the plan on standard output.
func (a *app) printPlan(p *plan, asJSON, dry bool) error {
	var lines []planLine
	for _, change := range p.changes {
		lines = append(lines, a.planLine(change))
	}
	for _, user := range p.removed {
		lines = append(lines, planLine{Action: "remove", JID: user.JID})
	}
	summary := planSummary{
		Changes: len(p.changes) + len(p.removed),
		Add:     p.adds(), Change: len(p.changes) - p.adds(), Remove: len(p.removed), Unchanged: p.unchanged, Undeclared: p.undeclared, DryRun: dry,
	}
	if !asJSON {
		return a.printPlanText(p, lines, &summary)
	}
	for _, line := range append(lines, planLine{Summary: &summary}) {
		if err := a.printJSON(line); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printPlanText(p *plan, lines []planLine, s *planSummary) error {
	var text strings.Builder
	width := 0
	for _, line := range lines {
		width = max(width, len(line.JID))
	}
	for _, line := range lines {
		sign := map[string]string{"add": "+", "change": "~", "remove": "-"}[line.Action]
		text.WriteString(strings.TrimRight(fmt.Sprintf("%s %-*s  %s", sign, width, line.JID, line.text()), " ") + "\n")
	}
	if p.empty() {
		fmt.Fprintf(&text, "nothing to change: %s as %s says\n", counted(s.Unchanged, "account is", "accounts are"), p.file.name)
	} else {
		fmt.Fprintf(&text, "%d to add, %d to change, %d to remove, %d unchanged\n", s.Add, s.Change, s.Remove, s.Unchanged)
	}
	if s.Undeclared > 0 {
		fmt.Fprintf(&text, "not in %s: %s of %s; --prune removes them\n",
			p.file.name, counted(s.Undeclared, "account", "accounts"), strings.Join(p.domains, ", "))
	}
	_, err := fmt.Fprint(a.stdout, text.String())
	return err
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// text says what happens to the account.
func (l planLine) text() string {
	var parts []string
	password := map[string]string{"generated": "password generated", "set": "password", "hash": "password hash", "none": "no password"}[l.Password]
	if l.Action == "add" {
		parts = append(parts, password)
	}
	for _, field := range l.Fields {
		if l.Action == "add" {
			parts = append(parts, field.Field+": "+field.New)
		} else {
			parts = append(parts, field.Field+": "+field.Old+" -> "+field.New)
		}
	}
	if l.Action == "change" && password != "" {
		parts = append(parts, password)
	}
	return strings.Join(parts, "; ")
}

func (a *app) planLine(change *plannedChange) planLine {
	account := change.account
	line := planLine{Action: "change", JID: change.jid, Line: account.line}
	how := "none"
	switch {
	case account.Generate:
		how = "generated"
	case account.Password != "":
		how = "set"
	case account.PasswordHash != "":
		how = "hash"
	}
	names := change.fields
	if change.add {
		line.Action, line.Password = "add", how
		names = account.given()
	}
	for _, name := range names {
		if name == "password" {
			line.Password = how
			continue
		}
		line.Fields = append(line.Fields, a.fieldChange(name, &account.ImportLine, &change.old))
	}
	return line
}

// given are the fields that say something of a new account.
func (d *declaredAccount) given() (names []string) {
	for _, field := range []struct {
		name  string
		given bool
	}{
		{"display_name", d.DisplayName.Value != ""},
		{"email", d.Email.Value != ""},
		{"note", d.Note.Value != ""},
		{"role", d.Role.Value != ""},
		{"disabled", d.Disabled.Value},
		{"valid_from", d.ValidFrom.Value != ""},
		{"valid_until", d.ValidUntil.Value != ""},
	} {
		if field.given {
			names = append(names, field.name)
		}
	}
	return names
}

// fieldChange shows a field as it is and as it is to be.
func (a *app) fieldChange(name string, wanted *api.ImportLine, old *api.User) fieldChange {
	f := fieldChange{Field: name}
	switch name {
	case "display_name":
		f.Old, f.New = quoted(old.DisplayName), quoted(wanted.DisplayName.Value)
	case "email":
		f.Old, f.New = quoted(old.Email), quoted(wanted.Email.Value)
	case "note":
		f.Old, f.New = quoted(old.Note), quoted(wanted.Note.Value)
	case "role":
		f.Old, f.New = old.Role, wanted.Role.Value
	case "disabled":
		f.Old, f.New = strconv.FormatBool(old.Disabled), strconv.FormatBool(wanted.Disabled.Value)
	case "valid_from":
		f.Old, f.New = a.dates(old.ValidFrom, wanted.ValidFrom.Value, false)
	case "valid_until":
		f.Old, f.New = a.dates(old.ValidUntil, wanted.ValidUntil.Value, true)
	}
	return f
}

// quoted shows a text on one line, the beginning of a long one.
func quoted(text string) string {
	const most = 60
	if text == "" {
		return "none"
	}
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.Quote(text)
}

// dates shows an account's date, as a mere day where it is one, and the file's.
func (a *app) dates(old time.Time, wanted string, until bool) (shown, to string) {
	where, err := zone(a.env["JITSIAUTH_TIMEZONE"])
	if err != nil {
		where = time.UTC
	}
	const moment = "2006-01-02 15:04:05 -07:00"
	to = cmp.Or(wanted, "none")
	if at, err := time.Parse(time.RFC3339, wanted); err == nil {
		to = at.In(where).Format(moment)
	}
	if old.IsZero() {
		return "none", to
	}
	local := old.In(where)
	shown = local.Format(moment)
	if hour, minute, second := local.Clock(); hour+minute+second == 0 && local.Nanosecond() == 0 {
		if until {
			local = local.AddDate(0, 0, -1)
		}
		if day := local.Format(time.DateOnly); day != to { // in another zone than the service's it may be
			shown = day
		}
	}
	return shown, to
}
