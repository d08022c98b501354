package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// errInterrupted is what a prompt ends with on Ctrl-C.
var errInterrupted = errors.New("interrupted; nothing was changed")

// terminal returns the terminal to ask on, if there is one.
func (a *app) terminal() (*os.File, bool) {
	f, ok := a.stdin.(*os.File)
	return f, ok && term.IsTerminal(descriptor(f))
}

func descriptor(f *os.File) int { return int(f.Fd()) } //nolint:gosec // a descriptor fits an int

// ask reads a password without showing it.
func (a *app) ask(ctx context.Context, from *os.File, prompt string) (string, error) {
	fmt.Fprint(a.stderr, prompt)
	before, err := term.GetState(descriptor(from))
	if err != nil {
		return "", err
	}
	typed, err := waitFor(ctx, func() ([]byte, error) { return term.ReadPassword(descriptor(from)) })
	if errors.Is(err, errInterrupted) {
		_ = term.Restore(descriptor(from), before)
	}
	fmt.Fprintln(a.stderr)
	return string(typed), err
}

// confirm returns nil if the person types yes.
func (a *app) confirm(ctx context.Context, question string) error {
	from, ok := a.terminal()
	if !ok {
		return usageError("no terminal to ask on", "give --yes if you are sure")
	}
	fmt.Fprint(a.stderr, question)
	answer, err := waitFor(ctx, func() (string, error) { return bufio.NewReader(from).ReadString('\n') })
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if strings.TrimSpace(answer) != "yes" {
		return errors.New("not confirmed; nothing was changed")
	}
	return nil
}

// waitFor returns what read returns, or errInterrupted as soon as ctx ends: a
// read from a terminal can't be cancelled, and a Ctrl-C must not wait for it.
func waitFor[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := read()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, errInterrupted
	}
}
