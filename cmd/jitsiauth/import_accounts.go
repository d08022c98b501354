package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

// foundAccount is one that stands in another program's files.
type foundAccount struct {
	api.ImportLine
	name  string // for people, where JID is not set
	place string // where it stands: a file, "line 7"; empty: err says so
	line  int    // of the file; 0: it is a file of its own
	err   error  // why it can't be read
	last  bool   // err is about the source as a whole, of which nothing more comes
}

// accountReport tells what becomes of each account.
type accountReport struct {
	importReport
	verbose bool
	source  accountSource

	mu         sync.Mutex // accounts are read while results come
	sent       []origin   // whose results are to come
	brokeOff   error      // why not all of the source could be read
	unreadable int
	ordinary   int
	notable    int
}

// origin is what the result of an account does not say.
type origin struct {
	name, place string
	line        int
	disabled    bool
}

// accountResult is a line of --json.
type accountResult struct {
	api.ImportResult
	Place string `json:"place,omitzero"` // where the account stands
}

// importAccounts sends accounts while it reads them, so that memory stays flat.
func (a *app) importAccounts(ctx context.Context, c *client.Client, accounts iter.Seq[foundAccount], r *accountReport) error {
	in, out := io.Pipe()
	var sending sync.WaitGroup
	defer sending.Wait()
	defer in.Close() //nolint:errcheck // ends the sending; it returns nil
	sending.Go(func() { out.CloseWithError(r.send(out, accounts)) })
	for result, err := range c.Import(ctx, in, api.NDJSONType, r.query) {
		if err == nil {
			err = r.add(result)
		}
		if err != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.broken(ctx, err)
		}
	}
	return r.end()
}

// send writes the accounts as the service reads them, and tells of those that can't
// be read.
func (r *accountReport) send(out io.Writer, accounts iter.Seq[foundAccount]) error {
	w := bufio.NewWriterSize(out, 32<<10)
	lines := json.NewEncoder(w)
	for account := range accounts {
		if account.err != nil {
			if err := r.unread(&account); err != nil {
				return err
			}
			continue
		}
		r.mu.Lock()
		r.sent = append(r.sent, account.origin())
		r.mu.Unlock()
		if err := lines.Encode(account.ImportLine); err != nil { //nolint:gosec // passwords are what is sent
			return err
		}
	}
	return w.Flush()
}

func (f *foundAccount) origin() origin {
	return origin{name: cleanName(f.JID, f.name), place: f.place, line: f.line, disabled: f.Disabled.Value}
}

// cleanName is the first that is not empty, so that no terminal takes it for more than
// a name.
func cleanName(names ...string) string {
	for _, name := range names {
		if strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) || c == unicode.ReplacementChar }) {
			return strconv.Quote(name)
		}
		if name != "" {
			return name
		}
	}
	return "-"
}

// unread tells of an account that can't be read.
func (r *accountReport) unread(f *foundAccount) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.last {
		r.brokeOff = f.err
		return nil
	}
	r.unreadable++
	if r.json {
		return r.printJSON(accountResult{api.ImportResult{
			Line: f.line, Result: api.ImportError, JID: f.JID, Code: api.CodeInvalid, Rule: f.err.Error(),
		}, f.place})
	}
	r.refuseAccount(f.origin(), f.err.Error())
	return nil
}

func (r *accountReport) refuseAccount(from origin, why string) {
	if r.refused++; !r.verbose && r.refused > mostShown {
		return
	}
	if from.place != "" {
		why = from.place + ": " + why
	}
	verb := "refused"
	if r.query.DryRun {
		verb = "would be refused"
	}
	r.say("%s  %s: %s", from.name, verb, why)
	if !r.verbose && r.refused == mostShown {
		r.say("further refused accounts are counted, not named; --verbose names all")
	}
}

// add tells of the next account of those that were sent.
func (r *accountReport) add(result api.ImportResult) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := result.Summary; s != nil {
		s.Lines, s.Errors = s.Lines+r.unreadable, s.Errors+r.unreadable
		r.take(result)
		if r.json {
			return r.printJSON(result)
		}
		return nil
	}
	if len(r.sent) == 0 {
		return errors.New("the service answers about accounts that it was not sent: is its version another one?")
	}
	from := r.sent[0]
	r.sent = r.sent[1:]
	r.take(result)
	if from.line > 0 {
		r.progress.at(from.line)
	} else {
		r.progress.at(r.lines + r.unreadable)
	}
	switch {
	case r.json:
		result.Line = from.line
		return r.printJSON(accountResult{result, from.place})
	case result.Result == api.ImportError:
		if result.JID != "" {
			from.name = result.JID
		}
		r.refuseAccount(from, why(r.a.lang, result))
		return nil
	}
	return r.name(result, from)
}

// name prints an account and what became of it. Of many, only those are named that
// one may want to look at.
func (r *accountReport) name(result api.ImportResult, from origin) error {
	text, ordinary := r.outcome(result, from)
	shown, what := &r.notable, "further accounts are counted, not named"
	if ordinary {
		shown, what = &r.ordinary, "further accounts that are added or left alone are counted, not named"
	}
	if *shown++; !r.verbose && *shown > mostShown {
		return nil
	}
	r.progress.clear()
	_, err := fmt.Fprintf(r.a.stdout, "%s  %s\n", result.JID, text)
	if !r.verbose && *shown == mostShown {
		r.say("%s; --verbose names all", what)
	}
	return err
}

// outcome says what became of an account. Ordinary is what nobody needs to look at.
func (r *accountReport) outcome(result api.ImportResult, from origin) (text string, ordinary bool) {
	dry := r.query.DryRun
	pick := func(would, is string) string {
		if dry {
			return would
		}
		return is
	}
	switch result.Result {
	case api.ImportCreated:
		text, ordinary = pick("would be added", "added"), true
		if from.disabled {
			text, ordinary = text+", disabled", false
		}
	case api.ImportUpdated:
		text = pick("would be changed: ", "changed: ") + strings.Join(result.Changed, ", ")
		switch password := slices.Equal(result.Changed, []string{"password"}); {
		case password && r.query.Mode == fill:
			text = pick("would get its password", "password filled in")
		case password:
			text = pick("password would be replaced", "password replaced")
		}
	default:
		text, ordinary = pick("is there, would be left alone", "is there, left alone"), true
	}
	if result.NoPassword {
		return text + ", without a password", false
	}
	return text, ordinary
}
