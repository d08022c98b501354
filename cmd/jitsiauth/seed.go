package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/jitsiauth"
)

// seedSetting is what people know the file by.
const seedSetting = "--seed-file (JITSIAUTH_SEED_FILE)"

// resolveSeed is the part of resolve that is about the file of accounts.
func (f *serveFlags) resolveSeed(c *config) error {
	c.SeedFile, c.SeedPasswords = f.seedFile, f.seedPasswords
	if c.SeedFile == "" && c.SeedPasswords != "" {
		return usageError("--seed-passwords-file (JITSIAUTH_SEED_PASSWORDS_FILE) is set without "+seedSetting, "set both, or neither")
	}
	if c.SeedPasswords == "" {
		c.SeedPasswords = filepath.Join(filepath.Dir(c.DB), "seed.passwords")
	}
	return nil
}

// seed makes the accounts of JITSIAUTH_SEED_FILE that are missing. It never changes
// one that is there.
type seed struct {
	file    *declaredFile
	svc     *jitsiauth.Service
	log     *slog.Logger
	missing []jitsiauth.ImportLine // numbered by the lines of the file
	list    *passwordList          // nil: no password is to be made
	there   int
}

// openSeed reads all that can be wrong, so that it stops the start: the file, files
// with passwords of accounts that are missing, and where passwords go that are made.
// An account whose file with a password is not there is left out alone.
// Without the setting it returns nil, of which all methods can be called.
func openSeed(ctx context.Context, c *config, svc *jitsiauth.Service, server *authsvc.Server, logger *slog.Logger) (*seed, error) {
	if c.SeedFile == "" {
		return nil, nil
	}
	if about, err := os.Stat(c.SeedFile); err == nil && !about.Mode().IsRegular() {
		return nil, usageError(seedSetting+": "+c.SeedFile+" must be a file", "a pipe is read by the first start alone, and a directory never: name the file of accounts")
	}
	s := &seed{svc: svc, log: logger}
	var err error
	if s.file, err = readDeclared(c.SeedFile, "", nil); err == nil {
		err = s.check(seedContext(ctx, c.SeedFile), server)
	}
	if wrong, ok := errors.AsType[*wrongLines](err); ok || errors.Is(err, errUsage) {
		hint := hintFor(err)
		if ok {
			err, hint = wrong, "mend the file; nothing was changed"
		}
		return nil, usageError(seedSetting+": "+err.Error(), hint)
	}
	if err != nil {
		return nil, err
	}
	for _, line := range s.missing {
		if !line.Generate {
			continue
		}
		if s.list, err = openPasswordList(c.SeedPasswords); err != nil {
			return nil, usageError("--seed-passwords-file (JITSIAUTH_SEED_PASSWORDS_FILE): "+err.Error(), hintOr(err, "generated passwords must be kept somewhere: name a file that the service can write"))
		}
		break
	}
	return s, nil
}

// seedContext makes and logs accounts as the file's.
func seedContext(ctx context.Context, file string) context.Context {
	return jitsiauth.WithActor(ctx, jitsiauth.Actor{Kind: jitsiauth.ActorSeed, Name: file, Role: jitsiauth.RoleAdmin})
}

// check finds out which accounts are missing, and holds the lines to the rules of
// accounts. Of those that are there, passwords are not looked at: a file may be gone,
// or the policy have changed.
func (s *seed) check(ctx context.Context, server *authsvc.Server) error {
	wrong := &wrongLines{file: s.file.name}
	lines := make([]jitsiauth.ImportLine, len(s.file.accounts))
	first, missing := map[jitsiauth.JID]int{}, map[*declaredAccount]bool{}
	for i, account := range s.file.accounts {
		line := server.ReadAccount(account.ImportLine, account.line)
		if number, again := first[line.JID]; again && line.Err == nil {
			line.Err = &jitsiauth.InvalidError{Field: "jid", Rule: fmt.Sprintf("must not be declared twice: line %d has this account already", number)}
		}
		if line.Err == nil {
			first[line.JID] = account.line
			_, err := s.svc.GetByJID(ctx, line.JID)
			switch {
			case err == nil:
				line.Password, line.PasswordHash, line.Generate = "", "", false
				s.there++
			case !errors.Is(err, jitsiauth.ErrNotFound):
				return err
			case s.file.passwordGone(account):
				line.Err = errTold
				s.skip(account, line.JID)
			default:
				missing[account] = true
			}
		}
		lines[i] = line
	}
	isMissing := func(account *declaredAccount) bool { return missing[account] }
	err := s.file.readPasswords(isMissing, func(text string) { s.log.Warn("seed: " + text) })
	if err := wrong.merge(err); err != nil {
		return err
	}
	for i, account := range s.file.accounts {
		if missing[account] {
			if lines[i].Password = account.Password; account.PasswordFile != "" && account.Password == "" {
				lines[i].Err = errTold
			}
			s.missing = append(s.missing, lines[i])
		}
	}
	return s.tryLines(ctx, lines, wrong)
}

// skip tells of an account that can't be made. It is no reason to stop the start: who
// handed the passwords out and removed their files, and later an account, would have
// a service that no longer comes up.
func (s *seed) skip(account *declaredAccount, jid jitsiauth.JID) {
	s.log.Error("seed: an account is missing and is not made, for its password_file is not there: put that back, or take the account out of the file",
		"account", jid.String(), "file", s.file.name, "line", s.file.at(account, "password_file"), "password_file", account.PasswordFile)
}

// errTold is of a line of which it is known already what is wrong.
var errTold = errors.New("said already")

// tryLines notes the lines that an import would refuse.
func (s *seed) tryLines(ctx context.Context, lines []jitsiauth.ImportLine, wrong *wrongLines) error {
	options := jitsiauth.ImportOptions{Mode: jitsiauth.ImportCreate, DryRun: true}
	at := 0
	for results, err := range s.svc.Import(ctx, untroubled(lines), options) {
		if err != nil {
			return err
		}
		for _, r := range results {
			account := s.file.accounts[at]
			at++
			if r.Err == nil || errors.Is(r.Err, jitsiauth.ErrExists) || errors.Is(r.Err, errTold) {
				continue
			}
			line, jid := account.line, ""
			if invalid, ok := errors.AsType[*jitsiauth.InvalidError](r.Err); ok {
				line = s.file.at(account, invalid.Field)
			}
			if !r.JID.IsZero() {
				jid = r.JID.String()
			}
			wrong.add(line, jid, "", r.Err.Error())
		}
	}
	return wrong.asError()
}

func untroubled(lines []jitsiauth.ImportLine) iter.Seq2[jitsiauth.ImportLine, error] {
	return func(yield func(jitsiauth.ImportLine, error) bool) {
		for _, line := range lines {
			if !yield(line, nil) {
				return
			}
		}
	}
}

// start begins to make accounts, beside whatever else the service does: hashing has
// its own queue, in which logins go before. What it returns ends that, after the
// accounts that are under way, and waits for it.
func (s *seed) start(ctx context.Context) (stop func() error) {
	if s == nil {
		return func() error { return nil }
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		s.run(ctx)
		done <- s.close()
	}()
	return func() error {
		cancel()
		return <-done
	}
}

func (s *seed) run(ctx context.Context) {
	created := 0
	working := seedContext(context.WithoutCancel(ctx), s.file.name)
	for results, err := range s.svc.Import(working, s.withPasswords(ctx), jitsiauth.ImportOptions{Mode: jitsiauth.ImportCreate}) {
		if err != nil {
			s.log.Error("seed: "+err.Error(), "file", s.file.name)
			break
		}
		for _, r := range results {
			switch {
			case r.Err == nil:
				created++
			case errors.Is(r.Err, jitsiauth.ErrExists):
				s.there++
				s.log.Warn("seed: somebody else has made this account meanwhile, and it stays as it is; a password generated for it is of no use", "account", r.JID.String())
			default:
				s.log.Error("seed: an account was not made", "account", r.JID.String(), "file", s.file.name, "line", r.Line, "reason", r.Err.Error())
			}
		}
	}
	text := fmt.Sprintf("seed: %s created, %d were there", counted(created, "account", "accounts"), s.there)
	if left := len(s.file.accounts) - created - s.there; left > 0 {
		text += fmt.Sprintf(", %d not made; the next start tries again", left)
	}
	attributes := []any{"file", s.file.name}
	if s.list != nil && s.list.lines > 0 {
		attributes = append(attributes, "passwords", s.list.path)
	}
	s.log.Info(text, attributes...)
}

// withPasswords yields the lines until ctx ends. A password that is made is in the
// list, and on the disk, before its account is made: a crash leaves at worst a line
// of no use, never an account whose password nobody knows.
func (s *seed) withPasswords(ctx context.Context) iter.Seq2[jitsiauth.ImportLine, error] {
	return func(yield func(jitsiauth.ImportLine, error) bool) {
		for _, line := range s.missing {
			if ctx.Err() != nil {
				return
			}
			var err error
			if line.Generate {
				line.Generate = false
				if line.Password, err = s.svc.GeneratePassword(); err == nil {
					err = s.list.add(line.JID.String(), line.Password)
				}
			}
			if !yield(line, err) || err != nil {
				return
			}
		}
	}
}

// close may be called of nil.
func (s *seed) close() error {
	if s == nil || s.list == nil {
		return nil
	}
	return s.list.close()
}
