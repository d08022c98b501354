package main

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

func (a *app) importCommand() *cobra.Command {
	var (
		query            api.ImportQuery
		format, encoding string
		strict, asJSON   bool
	)
	cmd := &cobra.Command{
		Use:   "import FILE|-",
		Short: "Add or change many accounts from a CSV, TSV or NDJSON file, from Prosody or htpasswd",
		Long: `Add or change many accounts. In CSV, the first row names the fields: jid, or
username and domain; password, password_hash (bcrypt, or a SCRAM record of
Prosody's) or generate (true); display_name, email, note, role, disabled,
valid_from, valid_until. In NDJSON each line is an object with such fields. "-" is
standard input. Two more fields are for administrators: migrated (true) says that
people have the password already, so that no rule is asked about it, and
password_kind (none) makes an account without one.

A CSV may be what Excel writes: in UTF-8 or Shift_JIS, with commas, semicolons or
tabs, with dates like 2026/11/27, and with Japanese names of the fields: ログインID,
表示名, メールアドレス, メモ, パスワード, 有効期限.

A line that is wrong is named and left out; the others are written. Passwords
made by the service are printed on standard output, as NAME, a tab and the
password. With --mode upsert, accounts that exist get the fields that stand in
the file: an empty cell of CSV clears a text or a date, a column that is missing
leaves it alone. What 'export' prints can be imported as it is.

Passwords are held to the rules of 'user add', hashes are not. An account whose
hash can't be verified here comes in without a password and is listed at the end;
--strict refuses it.

Ctrl-C stops an import. What is done stays; --mode fill goes on there, for it
leaves alone who has a password already. Passwords that the service makes are
printed as they come: of an account whose password was not printed any more, 'user
passwd NAME --generate' makes another.`,
		Example: `  jitsiauth import staff.csv --dry-run
  jitsiauth import staff.csv --mode upsert
  jitsiauth export --hashes | ssh other jitsiauth import - --format ndjson
  jitsiauth import prosody /var/lib/prosody --dry-run`,
		Args: cobra.ExactArgs(1),
	}
	flags := cmd.Flags()
	flags.StringVar(&format, "format", "", "`format`: csv, tsv or ndjson (default: by the file's name)")
	flags.StringVar(&encoding, "encoding", "auto", "of a CSV: utf-8, shift_jis, or auto, which looks a file through")
	flags.StringVar(&query.Mode, "mode", create, "create: refuse names that are taken; fill: leave those alone, unless they have no password; upsert: change those accounts")
	flags.BoolVar(&query.DryRun, "dry-run", false, "say what would be done, and do nothing")
	flags.BoolVar(&query.Atomic, "atomic", false, "all lines, at most 1000, or none")
	flags.BoolVar(&strict, "strict", false, "refuse hashes that can't be verified, instead of making accounts without a password")
	flags.BoolVar(&query.AllowWeak, "allow-weak", false, "set passwords that the policy refuses, and take bcrypt hashes of a cost below 10; for administrators, and logged")
	jsonFlag(cmd, &asJSON)
	offer(cmd, "format", "csv", "tsv", "ndjson")
	offer(cmd, "mode", create, fill, upsert)
	offer(cmd, "encoding", "auto", "utf-8", "shift_jis")
	cmd.RunE = a.with(func(ctx context.Context, c *client.Client, args []string) error {
		query.WithoutPassword = !strict
		kind, err := importFormat(format, args[0])
		if err != nil {
			return err
		}
		in, done, err := a.openInput(args[0])
		if err != nil {
			return err
		}
		defer done()
		if kind == api.CSVType {
			if kind, in, err = a.csvEncoding(ctx, encoding, args[0], in); err != nil {
				return err
			}
		}
		return a.importFile(ctx, c, in, kind, query, asJSON)
	})
	cmd.AddCommand(a.importProsodyCommand(), a.importHtpasswdCommand())
	return cmd
}

// openInput opens a file that is only read; "-" is standard input.
func (a *app) openInput(name string) (in io.Reader, done func(), err error) {
	if name == "-" {
		return a.stdin, func() {}, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, nil, usageError(err.Error(), "")
	}
	return file, func() { _ = file.Close() }, nil
}

func (a *app) importFile(ctx context.Context, c *client.Client, in io.Reader, kind string, query api.ImportQuery, asJSON bool) error {
	report := &importReport{a: a, json: asJSON, query: query, progress: a.newProgress("lines")}
	if report.progress.onTerminal() {
		report.progress.total = countLines(in)
	}
	for result, err := range c.Import(ctx, in, kind, query) {
		if err == nil {
			err = report.add(result)
		}
		if err != nil {
			return report.broken(ctx, encodingHint(err))
		}
	}
	return report.end()
}

// importFormat returns the content type for the flag or, without, the file.
func importFormat(format, file string) (string, error) {
	if _, ending, ok := strings.Cut(file[strings.LastIndexByte(file, '/')+1:], "."); ok && format == "" {
		format = strings.ToLower(ending[strings.LastIndexByte(ending, '.')+1:])
	}
	switch format {
	case "csv", "tsv", "tab": // what separates the cells is found out
		return api.CSVType, nil
	case "ndjson", "jsonl":
		return api.NDJSONType, nil
	}
	return "", usageError("the format of "+file+" is not known", "give --format csv, --format tsv or --format ndjson")
}
