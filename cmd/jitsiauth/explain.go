package main

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/jitsiauth/server/jitsiauth"
)

// decisions are what a service says no with, and what to do about each.
var decisions = []struct {
	err  error
	hint string
}{
	{jitsiauth.ErrNotFound, "see 'list' for what there is"},
	{jitsiauth.ErrExists, "change it instead, or choose another name"},
	{jitsiauth.ErrTooManyLinks, "'invite list' shows them, 'invite revoke ID' ends one; or wait until some have expired"},
	{jitsiauth.ErrForbidden, "an administrator's token may do it (scope admin), or root on the server through the unix socket"},
	{jitsiauth.ErrBadToken, "it may have been revoked; make another with 'jitsiauth token create' on the server"},
	{jitsiauth.ErrTokenExpired, "make another with 'jitsiauth token create' on the server"},
}

// weakHints say what to do about a password that is refused, by language.
var weakHints = map[string]string{
	"en": "--generate lets the service make one; with --allow-weak, an administrator may set this one all the same, and the log notes it",
	"ja": "--generate を付けると、サービスがパスワードを作成します。管理者は --allow-weak を付けてこのまま設定することもできます（ログに記録されます）",
}

// explain says the error of a command about name, sent to where, in the words
// of the command line, with what the person can do about it.
func (a *app) explain(err error, name, where string) error {
	if weak, ok := errors.AsType[*jitsiauth.PolicyError](err); ok {
		return &failure{text: weak.Text(a.lang), hint: weakHints[a.lang], kind: err}
	}
	if invalid, ok := errors.AsType[*jitsiauth.InvalidError](err); ok {
		return invalid
	}
	for _, decision := range decisions {
		if errors.Is(err, decision.err) {
			text := decision.err.Error()
			if name != "" {
				text = name + ": " + text
			}
			return &failure{text: text, hint: decision.hint, kind: err}
		}
	}
	if operation, ok := errors.AsType[*net.OpError](err); ok && operation.Op == "dial" {
		return unanswered(operation, where)
	}
	if wentAway(err) {
		return &failure{
			text: "the service at " + where + " did not answer; whether anything was changed is not known",
			hint: "look with 'show' or 'list' before you try again (" + err.Error() + ")",
			kind: errUnanswered,
		}
	}
	return err
}

// wentAway reports a connection that was there and ended, or stayed silent.
func wentAway(err error) bool {
	silent, ok := errors.AsType[net.Error](err)
	return ok && silent.Timeout() || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// unanswered explains why nobody could be asked.
func unanswered(dial *net.OpError, where string) error {
	f := &failure{text: "no service answers at " + where, kind: errUnanswered}
	switch {
	case strings.Contains(where, "://"):
		f.hint = "is it running there, and does a firewall let you through? (" + dial.Err.Error() + ")"
	case errors.Is(dial, os.ErrPermission):
		f.hint = "run this as root, as the user the service runs as, or as a member of its --socket-group"
	case errors.Is(dial, syscall.ENOENT), errors.Is(dial, syscall.ECONNREFUSED):
		f.hint = "start it with 'jitsiauth serve'; if it runs, say where: --socket PATH, or --server URL --token-file FILE; while it is stopped: --db FILE"
	}
	return f
}
