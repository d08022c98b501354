package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
)

// maxStdin bounds what is read as a password; the service refuses far less.
const maxStdin = 8 << 10

// passwordFlags choose where a new password comes from.
type passwordFlags struct{ stdin, generate bool }

func (f *passwordFlags) addFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&f.stdin, "password-stdin", false, "read the password from standard input: all of it, without the line end")
	fs.BoolVar(&f.generate, "generate", false, "let the service make a password, and print it alone on standard output")
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
