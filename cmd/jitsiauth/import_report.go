package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

// importReport tells what becomes of an import.
type importReport struct {
	a        *app
	json     bool
	query    api.ImportQuery
	progress *progress

	lines   int // with a result
	refused int
	wrong   int // refused for more than being there already, or for others
	kept    int // have a password already, and keep it, for the line's hash is no use
	printed bool
	nobody  passwordless
	summary *api.ImportSummary
}

// mostShown bounds how many lines are named of a kind; --json has all.
const mostShown = 100

func (r *importReport) add(result api.ImportResult) error {
	if r.take(result); result.Summary == nil {
		r.progress.at(result.Line)
	}
	switch {
	case r.json:
		return r.printJSON(result)
	case result.Result == api.ImportError:
		r.refuse(placeOf(result), why(r.a.lang, result))
	case result.GeneratedPassword != "":
		return r.printPassword(result)
	}
	return nil
}

// take counts a result.
func (r *importReport) take(result api.ImportResult) {
	if result.Summary != nil {
		r.summary = result.Summary
		return
	}
	r.lines++
	r.nobody.add(result)
	if result.Result == api.ImportError && result.Code != api.CodeExists && result.Code != api.CodeNotApplied {
		r.wrong++
	}
	if r.query.Mode == upsert && result.Notice != "" && !result.NoPassword && result.Result != api.ImportError {
		r.keeps(result)
	}
}

// Modes of imports.
const (
	create = "create"
	fill   = "fill"
	upsert = "upsert"
)

func placeOf(result api.ImportResult) string {
	if result.JID == "" {
		return fmt.Sprintf("line %d", result.Line)
	}
	return fmt.Sprintf("line %d (%s)", result.Line, result.JID)
}

func (r *importReport) printJSON(v any) error {
	r.progress.clear()
	return r.a.printJSON(v)
}

func (r *importReport) printPassword(result api.ImportResult) error {
	r.progress.clear()
	if _, err := fmt.Fprintf(r.a.stdout, "%s\t%s\n", result.JID, result.GeneratedPassword); err != nil {
		return advise(fmt.Errorf("%s was added, but its password is lost, for it can't be printed: %w", result.JID, err),
			"give it another with 'jitsiauth user passwd'; later lines may have been written too")
	}
	r.printed = true
	return nil
}

// refuse names a line that was left out.
func (r *importReport) refuse(where, why string) {
	if r.refused++; r.refused > mostShown {
		return
	}
	r.say("%s: %s", where, why)
	if r.refused == mostShown {
		r.say("further refused lines are counted, not named; --json names all")
	}
}

// keeps names an account that was to get a password of another kind.
func (r *importReport) keeps(result api.ImportResult) {
	if r.kept++; r.kept <= mostShown && !r.json {
		r.say("%s keeps the password that it has: %s", result.JID, result.Notice)
	}
}

// say prints a line for a person.
func (r *importReport) say(format string, args ...any) {
	r.progress.clear()
	fmt.Fprintf(r.a.stderr, format+"\n", args...)
}

// why says what was wrong with a line.
func why(lang string, result api.ImportResult) string {
	switch {
	case result.Reason != "":
		weak := &jitsiauth.PolicyError{Reason: jitsiauth.PolicyReason(result.Reason), Min: result.Min}
		return weak.Text(lang)
	case result.Field != "" && result.Rule != "":
		return result.Field + ": " + result.Rule
	case result.Rule != "":
		return result.Rule
	}
	return strings.ReplaceAll(string(result.Code), "_", " ")
}

// again is the command that goes on with this import: the same, but not one that
// refuses what is there.
func (r *importReport) again(more ...string) string {
	if r.query.Mode == create {
		return r.a.again([]string{"--mode"}, append([]string{"--mode", fill}, more...)...)
	}
	return r.a.again(nil, more...)
}

// errStopped is an import that somebody ended by Ctrl-C.
var errStopped = errors.New("interrupted")

// broken says what is known of an import that did not come to its end, and how it
// goes on.
func (r *importReport) broken(ctx context.Context, err error) error {
	r.progress.clear()
	stopped := ctx.Err() != nil
	if cutOff := stopped || errors.Is(err, client.ErrCutOff) || errors.Is(err, io.ErrUnexpectedEOF); !cutOff && r.lines == 0 {
		return err
	}
	if advised, ok := errors.AsType[*failure](err); ok {
		return advised
	}
	f := &failure{text: fmt.Sprintf("after %d %s: %v", r.lines, r.progress.noun, err), kind: client.ErrCutOff}
	if stopped {
		f.text, f.kind = fmt.Sprintf("interrupted: at least %d %s are done, and stay", r.lines, r.progress.noun), errStopped
	}
	switch {
	case r.query.DryRun && stopped:
		f.text = "interrupted; nothing was written"
	case r.query.DryRun:
		f.hint = "nothing was written; try again"
	case r.query.Atomic && stopped:
		f.text, f.hint = "interrupted: all lines were written, or none", "'jitsiauth user list' shows which"
	case r.query.Atomic:
		f.hint = "all lines were written, or none: 'jitsiauth user list' shows which"
	default:
		from := ""
		if slices.Contains(r.a.args, "-") {
			from = " with the same input"
		}
		f.hint = "to go on" + from + ", and leave alone what is done: " + r.again()
		if r.query.Mode == upsert {
			f.hint = "to go on" + from + ", which changes nothing about what is done: " + r.again()
		}
		if r.printed {
			f.hint += "\na few more accounts may be done already: of one whose password was not printed, 'jitsiauth user passwd NAME --generate' makes another"
		}
	}
	return f
}

func (r *importReport) end() error {
	r.progress.clear()
	s := r.summary
	if s == nil {
		return client.ErrCutOff
	}
	text := fmt.Sprintf("%d created, %d updated, %d unchanged, %d refused", s.Created, s.Updated, s.Unchanged, s.Errors)
	if r.query.DryRun {
		text = "dry run, nothing was written: " + text
	}
	r.say("%s", text)
	r.nobody.tell(r)
	if s.Errors == 0 {
		return nil
	}
	return advise(fmt.Errorf("%d of %d lines were refused", s.Errors, s.Lines), "%s", r.mend())
}

// mend says what to do about lines that were refused.
func (r *importReport) mend() string {
	switch {
	case r.wrong == 0 && r.query.Mode == create:
		return "--mode fill leaves alone who is there: " + r.again()
	case r.query.DryRun && r.query.Atomic:
		return "mend those lines"
	case r.query.DryRun:
		return "mend those lines; without --dry-run the others are written all the same"
	case r.query.Atomic:
		return "mend those lines; nothing was written"
	case r.query.Mode == upsert:
		return "mend those lines; then the file again, which changes nothing about what is done"
	}
	return "mend those lines; then the file again, which leaves alone what is done: " + r.again()
}
