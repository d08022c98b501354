package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/jitsiauth/server/authsvc/api"
)

// declaredFile is a file that says which accounts there are to be, for 'apply' and
// for JITSIAUTH_SEED_FILE.
type declaredFile struct {
	name     string // as people know it
	dir      string // what password_file is relative to
	open     bool   // others than the owner can read it
	accounts []*declaredAccount
}

// declaredAccount is one of them. What is not set is to be left as it is.
type declaredAccount struct {
	api.ImportLine
	PasswordFile string

	line  int            // where it begins
	lines map[string]int // where its fields stand, if elsewhere
}

// secrets are the ways in which an account gets a password, of which it may have
// one.
func (d *declaredAccount) secrets() (given []string) {
	for _, secret := range []struct {
		field string
		given bool
	}{
		{"password", d.Password != ""},
		{"password_hash", d.PasswordHash != ""},
		{"password_file", d.PasswordFile != ""},
		{"generate", d.Generate},
	} {
		if secret.given {
			given = append(given, secret.field)
		}
	}
	return given
}

// Bounds of a file in bytes. To parse a YAML takes 150 times its size in memory, and
// one that is made for that 400 times.
const (
	maxDeclared     = 16 << 20
	maxDeclaredYAML = 1 << 20
)

// readDeclared reads a file in format, "" by its name's ending; "-" is in. It knows
// the rules of a file and not those of accounts, which the service knows. What is
// wrong with lines it returns as *wrongLines.
func readDeclared(name, format string, in io.Reader) (*declaredFile, error) {
	d := &declaredFile{name: name, dir: filepath.Dir(name)}
	if format == "" {
		format = strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
	}
	read := map[string]func([]byte) error{"yaml": d.readYAML, "yml": d.readYAML, "csv": d.readCSV, "tsv": d.readCSV}[format]
	if read == nil {
		return nil, usageError("the format of "+name+" is not known", "accounts are declared in YAML or CSV: give --format yaml or --format csv, or a name that ends in .yaml, .csv or .tsv")
	}
	if name == "-" {
		d.name, d.dir = "standard input", "."
	} else {
		file, err := os.Open(name)
		if err != nil {
			return nil, usageError(err.Error(), "")
		}
		defer func() { _ = file.Close() }() // it was only read
		about, err := file.Stat()
		if err != nil {
			return nil, err
		}
		d.open = about.Mode().IsRegular() && openToOthers(about)
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxDeclared+1))
	if err != nil {
		return nil, usageError(err.Error(), "")
	}
	if len(text) > maxDeclared {
		return nil, d.wrong(0, "file", fmt.Sprintf("must be at most %d MiB long", maxDeclared>>20))
	}
	if err := read(text); err != nil {
		return nil, err
	}
	return d, d.checkAccounts()
}

// checkAccounts holds the accounts to the rules that need no service.
func (d *declaredFile) checkAccounts() error {
	if len(d.accounts) == 0 {
		return d.wrong(0, "accounts", "must have at least one account")
	}
	wrong := &wrongLines{file: d.name}
	for _, account := range d.accounts {
		if given := account.secrets(); len(given) > 1 {
			wrong.add(d.at(account, given[1]), "", given[1], "must not be given together with "+given[0])
		}
	}
	return wrong.asError()
}

// at is the line to look at for a field of an account.
func (d *declaredFile) at(account *declaredAccount, field string) int {
	if field == "password" && account.PasswordFile != "" {
		field = "password_file"
	}
	if line, ok := account.lines[field]; ok {
		return line
	}
	return account.line
}

func (d *declaredFile) wrong(line int, field, rule string) error {
	wrong := &wrongLines{file: d.name}
	wrong.add(line, "", field, rule)
	return wrong
}

// plain reports a file with passwords in it.
func (d *declaredFile) plain() bool {
	for _, account := range d.accounts {
		if account.Password != "" {
			return true
		}
	}
	return false
}

// wrongLines are the lines of a file that break rules. It never holds a value, which
// may be a password.
type wrongLines struct {
	file  string
	texts []string
}

// add notes a line, 0 for the whole file, and the account's name if it is known.
func (w *wrongLines) add(line int, jid, field, rule string) {
	text := w.file
	if line > 0 {
		text += fmt.Sprintf(":%d", line)
	}
	if jid != "" {
		text += " (" + jid + ")"
	}
	if field != "" {
		text += ": " + visible(field)
	}
	w.texts = append(w.texts, text+": "+rule)
}

func (w *wrongLines) asError() error {
	if len(w.texts) == 0 {
		return nil
	}
	return w
}

// Error names up to mostShown lines, each on a line of its own.
func (w *wrongLines) Error() string {
	if len(w.texts) == 1 {
		return w.texts[0]
	}
	shown, more := w.texts, ""
	if len(shown) > mostShown {
		shown, more = shown[:mostShown], fmt.Sprintf("\n  and %d more", len(shown)-mostShown)
	}
	return fmt.Sprintf("%d lines of %s are refused:\n  %s%s", len(w.texts), w.file, strings.Join(shown, "\n  "), more)
}

// merge adds the lines of err, if that is what it holds, and returns other errors.
func (w *wrongLines) merge(err error) error {
	if more, ok := errors.AsType[*wrongLines](err); ok {
		w.texts = append(w.texts, more.texts...)
		return nil
	}
	return err
}

// visible makes a text of the file's fit for a terminal or a log.
func visible(text string) string {
	const most = 64
	shown := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
	if runes := []rune(shown); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return shown
}
