package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

// openFile works on the file of --db while no service does: it serves the file
// to this process alone, through a unix socket in a directory that only this
// user can enter, so that every rule is that of the running service.
func (a *app) openFile(ctx context.Context) (*client.Client, func() error, error) {
	path := a.target.db
	if _, err := os.Stat(path); err != nil {
		return nil, nil, advise(err, "'jitsiauth serve' makes the file at its first start")
	}
	store, err := boltstore.Open(path, nil)
	if errors.Is(err, boltstore.ErrInUse) {
		return nil, nil, advise(err, "a service runs on this file: leave out --db, and the command talks to the service")
	}
	if err != nil {
		return nil, nil, err
	}
	c, stop, err := a.serveAlone(ctx, store)
	if err != nil {
		return nil, nil, errors.Join(err, store.Close())
	}
	return c, func() error { return errors.Join(stop(), store.Close()) }, nil
}

func (a *app) serveAlone(ctx context.Context, store jitsiauth.Store) (*client.Client, func() error, error) {
	where, err := zone(a.env["JITSIAUTH_TIMEZONE"])
	if err != nil {
		return nil, nil, err
	}
	svc, err := jitsiauth.New(store, jitsiauth.Options{Domains: a.target.domainList(a.env)})
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "jitsiauth-")
	if err != nil {
		return nil, nil, err
	}
	socket := filepath.Join(dir, "s")
	listener, err := authsvc.ListenSocket(socket, "")
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	logger := slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() {
		served <- authsvc.New(svc, authsvc.Options{Logger: logger, Timezone: where}).Serve(serving, listener)
	}()
	stop := func() error {
		cancel()
		return errors.Join(<-served, os.RemoveAll(dir))
	}
	c, err := client.New(client.Options{Server: "unix:" + socket})
	if err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return c, stop, nil
}
