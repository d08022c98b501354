package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

func (a *app) importCommand() *cobra.Command {
	var (
		query    api.ImportQuery
		format   string
		encoding string
		asJSON   bool
	)
	cmd := &cobra.Command{
		Use:   "import FILE|-",
		Short: "Add or change many accounts from a CSV or NDJSON file",
		Long: `Add or change many accounts. In CSV, the first row names the fields: jid, or
username and domain; password, password_hash (bcrypt) or generate (true);
display_name, email, note, role, disabled, valid_from, valid_until. In NDJSON each
line is an object with such fields. "-" is standard input.

A CSV may be what Excel writes: in UTF-8 or Shift_JIS, with commas, semicolons or
tabs, with dates like 2026/11/27, and with Japanese names of the fields: ログインID,
表示名, メールアドレス, メモ, パスワード, 有効期限.

A line that is wrong is named and left out; the others are written. Passwords
made by the service are printed on standard output, as NAME, a tab and the
password. With --mode upsert, accounts that exist get the fields that stand in
the file: an empty cell of CSV clears a text or a date, a column that is missing
leaves it alone. What 'export' prints can be imported as it is.

Passwords are held to the rules of 'user add', hashes are not.`,
		Example: `  jitsiauth import staff.csv --dry-run
  jitsiauth import staff.csv --mode upsert
  jitsiauth export --hashes | ssh other jitsiauth import - --format ndjson`,
		Args: cobra.ExactArgs(1),
	}
	flags := cmd.Flags()
	flags.StringVar(&format, "format", "", "`format`: csv or ndjson (default: by the file's name)")
	flags.StringVar(&encoding, "encoding", "auto", "of a CSV: utf-8, shift_jis, or auto, which looks a file through")
	flags.StringVar(&query.Mode, "mode", "create", "create: refuse names that are taken; upsert: change those accounts")
	flags.BoolVar(&query.DryRun, "dry-run", false, "say what would be done, and do nothing")
	flags.BoolVar(&query.Atomic, "atomic", false, "all lines, at most 1000, or none")
	allowWeakFlag(flags, &query.AllowWeak)
	jsonFlag(cmd, &asJSON)
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		kind, err := importFormat(format, args[0])
		if err != nil {
			return err
		}
		in := a.stdin
		if args[0] != "-" {
			file, err := os.Open(args[0])
			if err != nil {
				return usageError(err.Error(), "")
			}
			defer func() { _ = file.Close() }() // it was only read
			in = file
		}
		if kind == api.CSVType {
			if kind, err = a.csvEncoding(encoding, args[0], in); err != nil {
				return err
			}
		}
		report := &importReport{a: a, json: asJSON, dry: query.DryRun}
		for result, err := range c.Import(ctx, in, kind, query) {
			if err == nil {
				err = report.add(result)
			}
			if err != nil {
				return report.broken(err)
			}
		}
		return report.end()
	})
	return cmd
}

// importFormat returns the content type for the flag or, without, the file.
func importFormat(format, file string) (string, error) {
	if _, ending, ok := strings.Cut(file[strings.LastIndexByte(file, '/')+1:], "."); ok && format == "" {
		format = strings.ToLower(ending[strings.LastIndexByte(ending, '.')+1:])
	}
	switch format {
	case "csv":
		return api.CSVType, nil
	case "ndjson", "jsonl":
		return api.NDJSONType, nil
	}
	return "", usageError("the format of "+file+" is not known", "give --format csv or --format ndjson")
}

// importReport tells what becomes of an import.
type importReport struct {
	a         *app
	json, dry bool
	lines     int // with a result
	shown     int // refused lines that were named
	summary   *api.ImportSummary
	told      time.Time // when progress was last told
}

// mostShown bounds how many refused lines are named; --json has all.
const mostShown = 100

func (r *importReport) add(result api.ImportResult) error {
	if result.Summary != nil {
		r.summary = result.Summary
	} else {
		r.lines++
	}
	r.progress()
	switch {
	case r.json:
		return r.a.printJSON(result)
	case result.Result == api.ImportError:
		r.refused(result)
	case result.GeneratedPassword != "":
		if _, err := fmt.Fprintf(r.a.stdout, "%s\t%s\n", result.JID, result.GeneratedPassword); err != nil {
			return advise(fmt.Errorf("%s was added, but its password is lost, for it can't be printed: %w", result.JID, err),
				"give it another with 'jitsiauth user passwd'; later lines may have been written too")
		}
	}
	return nil
}

func (r *importReport) refused(result api.ImportResult) {
	if r.shown++; r.shown > mostShown {
		return
	}
	where := fmt.Sprintf("line %d", result.Line)
	if result.JID != "" {
		where += " (" + result.JID + ")"
	}
	fmt.Fprintf(r.a.stderr, "%s%s: %s\n", r.clear(), where, r.why(result))
	if r.shown == mostShown {
		fmt.Fprintln(r.a.stderr, "further refused lines are counted, not named; --json names all")
	}
}

// why says what was wrong with a line.
func (r *importReport) why(result api.ImportResult) string {
	switch {
	case result.Reason != "":
		weak := &jitsiauth.PolicyError{Reason: jitsiauth.PolicyReason(result.Reason), Min: result.Min}
		return weak.Text(r.a.lang)
	case result.Field != "" && result.Rule != "":
		return result.Field + ": " + result.Rule
	case result.Rule != "":
		return result.Rule
	}
	return strings.ReplaceAll(string(result.Code), "_", " ")
}

// progress tells a person at a terminal how far it is, at most once a second.
func (r *importReport) progress() {
	if !r.onTerminal() || time.Since(r.told) < time.Second {
		return
	}
	r.told = time.Now()
	fmt.Fprintf(r.a.stderr, "%s%d lines …", r.clear(), r.lines)
}

// clear takes the progress off the terminal's line.
func (r *importReport) clear() string {
	if !r.onTerminal() {
		return ""
	}
	return "\r\x1b[K"
}

func (r *importReport) onTerminal() bool {
	f, ok := r.a.stderr.(*os.File)
	return ok && term.IsTerminal(descriptor(f))
}

// broken says what is known of an import that did not come to its end.
func (r *importReport) broken(err error) error {
	fmt.Fprint(r.a.stderr, r.clear())
	if errors.Is(err, client.ErrCutOff) || errors.Is(err, io.ErrUnexpectedEOF) || r.lines > 0 {
		return advise(fmt.Errorf("after %d lines: %w", r.lines, err),
			"lines before that are done; take them out of the file and import the rest, or import all of it again with --mode upsert, which also sets the passwords in it again")
	}
	return err
}

func (r *importReport) end() error {
	fmt.Fprint(r.a.stderr, r.clear())
	s := r.summary
	if s == nil {
		return client.ErrCutOff
	}
	text := fmt.Sprintf("%d created, %d updated, %d unchanged, %d refused", s.Created, s.Updated, s.Unchanged, s.Errors)
	if r.dry {
		text = "dry run, nothing was written: " + text
	}
	fmt.Fprintln(r.a.stderr, text)
	if s.Errors > 0 {
		return advise(fmt.Errorf("%d of %d lines were refused", s.Errors, s.Lines), "mend those lines and import them alone, or the whole file again with --mode upsert, which also sets the passwords in it again")
	}
	return nil
}
