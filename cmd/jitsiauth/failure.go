package main

import (
	"errors"
	"fmt"
)

// errUsage and errUnanswered choose the exit code.
var (
	errUsage      = errors.New("wrong usage")
	errUnanswered = errors.New("no service answered")
)

// failure is an error with advice: what to do next.
type failure struct {
	text string
	hint string
	kind error // errUsage, errUnanswered, or the cause
}

func (f *failure) Error() string { return f.text }

func (f *failure) Unwrap() error { return f.kind }

func usageError(text, hint string) error {
	return &failure{text: text, hint: hint, kind: errUsage}
}

// advise adds a hint to an error.
func advise(err error, format string, args ...any) error {
	return &failure{text: err.Error(), hint: fmt.Sprintf(format, args...), kind: err}
}

func hintFor(err error) string {
	if f, ok := errors.AsType[*failure](err); ok {
		return f.hint
	}
	return ""
}
