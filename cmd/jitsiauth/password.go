package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/jitsiauth/server/jitsiauth"
)

// maxStdin bounds what is read as a password; the service refuses far less.
const maxStdin = 8 << 10

// maxTries is how often a person is asked for another password.
const maxTries = 3

// passwordFlags choose where a new password comes from, and which may be set.
type passwordFlags struct{ stdin, generate, allowWeak bool }

// asks reports whether a person is asked for the password.
func (f *passwordFlags) asks() bool { return !f.stdin && !f.generate }

func (f *passwordFlags) addFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&f.stdin, "password-stdin", false, "read the password from standard input: all of it, without the line end")
	fs.BoolVar(&f.generate, "generate", false, "let the service make a password, and print it alone on standard output")
	allowWeakFlag(fs, &f.allowWeak)
}

func allowWeakFlag(fs *pflag.FlagSet, allow *bool) {
	fs.BoolVar(allow, "allow-weak", false, "set the password although the policy refuses it; for administrators, and logged")
}

// choosePassword gets a new password and hands it to set, "" where the service
// is to make it. A person whose password is refused is told why and asked again.
func (a *app) choosePassword(ctx context.Context, f passwordFlags, set func(password string) error) error {
	for try := 1; ; try++ {
		password, err := a.password(ctx, f)
		if err != nil {
			return err
		}
		err = set(password)
		refusal := a.refusal(err)
		if refusal == "" || !f.asks() || try == maxTries {
			return err
		}
		fmt.Fprintln(a.stderr, refusal)
	}
}

// refusal says what is wrong with a password, if that is what the error is about.
func (a *app) refusal(err error) string {
	if weak, ok := errors.AsType[*jitsiauth.PolicyError](err); ok {
		return weak.Text(a.lang)
	}
	if invalid, ok := errors.AsType[*jitsiauth.InvalidError](err); ok && invalid.Field == "password" {
		return invalid.Error()
	}
	return ""
}

// password returns the new password, "" where the service is to make it.
// Without a flag it asks twice on the terminal.
func (a *app) password(ctx context.Context, f passwordFlags) (string, error) {
	switch {
	case f.stdin && f.generate:
		return "", usageError("--password-stdin and --generate exclude each other", "give one of them")
	case f.generate:
		return "", nil
	case f.stdin:
		return a.passwordFromStdin(ctx)
	}
	from, ok := a.terminal()
	if !ok {
		return "", usageError("no terminal to ask for a password on", "use --password-stdin or --generate")
	}
	first, err := a.ask(ctx, from, "New password: ")
	if err != nil {
		return "", err
	}
	again, err := a.ask(ctx, from, "Again: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", errors.New("the two passwords differ; nothing was changed")
	}
	return notEmpty(first)
}

func (a *app) passwordFromStdin(ctx context.Context) (string, error) {
	all, err := waitFor(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(a.stdin, maxStdin+1)) })
	if err != nil {
		return "", err
	}
	if len(all) > maxStdin {
		return "", fmt.Errorf("standard input holds more than %d bytes, which is no password", maxStdin)
	}
	text := strings.TrimSuffix(string(all), "\n")
	return notEmpty(strings.TrimSuffix(text, "\r"))
}

// notEmpty keeps an empty password from meaning "make one".
func notEmpty(password string) (string, error) {
	if password == "" {
		return "", errors.New("password: must not be empty")
	}
	return password, nil
}
