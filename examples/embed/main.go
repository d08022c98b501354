// Command embed shows accounts inside a Go program of one's own, without a
// service: it makes an account, checks two logins and prints the log.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

func main() {
	dir, err := os.MkdirTemp("", "embed-")
	if err != nil {
		log.Fatal(err)
	}
	err = run(context.Background(), filepath.Join(dir, "accounts.db"), os.Stdout)
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, file string, out io.Writer) (err error) {
	store, err := boltstore.Open(file, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	accounts, err := jitsiauth.New(store, jitsiauth.Options{Domains: []string{"meet.example.org"}})
	if err != nil {
		return err
	}

	jid, err := accounts.ParseJID("alice")
	if err != nil {
		return err
	}
	if _, err := accounts.Create(ctx, jitsiauth.NewUser{JID: jid, Password: "correct horse"}); err != nil {
		return err
	}
	for _, password := range []string{"correct horse", "battery staple"} {
		user, err := accounts.Verify(ctx, jitsiauth.Attempt{Username: "alice", Password: password})
		switch {
		case err == nil:
			fmt.Fprintln(out, "welcome,", user.JID)
		case errors.Is(err, jitsiauth.ErrBadCredentials):
			fmt.Fprintln(out, "refused:", err)
		default:
			return err // a failure: nothing is known about the password
		}
	}
	for change, err := range accounts.Changes(ctx, jitsiauth.Position{}) {
		if err != nil {
			return err
		}
		fmt.Fprintln(out, "log:", change.Action, change.JID, "by", change.Actor)
	}
	return nil
}
