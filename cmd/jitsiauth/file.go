package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

// openFile works on the file of --db while no service does: it serves the file
// inside this process, so that every rule is that of the running service.
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
	svc, err := a.serviceAlone(ctx, store)
	if err != nil {
		return nil, nil, err
	}
	where, err := zone(a.env["JITSIAUTH_TIMEZONE"])
	if err != nil {
		return nil, nil, err
	}
	public, err := publicURL(publicSetting, a.env["JITSIAUTH_PUBLIC_URL"])
	if err != nil {
		return nil, nil, err
	}
	pages, err := publicURL(pagesSetting, a.env["JITSIAUTH_PAGES_URL"])
	if err != nil {
		return nil, nil, err
	}
	listener := authsvc.NewLocalListener()
	c, err := client.New(client.Options{
		Server: "http://localhost", Transport: &http.Transport{DialContext: listener.DialContext},
	})
	if err != nil {
		return nil, nil, err
	}
	logger := slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() {
		served <- authsvc.New(svc, authsvc.Options{Logger: logger, Timezone: where, PublicURL: public, PagesURL: pages}).Serve(serving, listener)
	}()
	return c, func() error {
		c.Close()
		cancel()
		return <-served
	}, nil
}

// serviceAlone has the settings that decide what is stored; the file does not
// know them.
func (a *app) serviceAlone(ctx context.Context, store jitsiauth.Store) (*jitsiauth.Service, error) {
	domains, err := a.target.domainList(a.env)
	if err != nil {
		return nil, err
	}
	cost, err := bcryptCost(a.env["JITSIAUTH_BCRYPT_COST"])
	if err != nil {
		return nil, err
	}
	svc, err := newService(store, jitsiauth.Options{Domains: domains, BcryptCost: cost})
	if err != nil {
		return nil, err
	}
	domain, err := strangeDomain(ctx, svc)
	if err == nil && domain != "" {
		err = usageError("the accounts in this file are of other domains, such as "+domain, "give the service's domains with --domain or JITSIAUTH_DOMAIN")
	}
	return svc, err
}

// strangeDomain returns the domain of an account where there are accounts, but
// none of a domain that is served: most likely --domain was forgotten.
func strangeDomain(ctx context.Context, svc *jitsiauth.Service) (string, error) {
	all, err := svc.List(ctx, jitsiauth.ListQuery{Limit: 1})
	if err != nil || len(all.Users) == 0 {
		return "", err
	}
	for _, domain := range svc.Domains() {
		page, err := svc.List(ctx, jitsiauth.ListQuery{Domain: domain, Limit: 1})
		if err != nil || len(page.Users) > 0 {
			return "", err
		}
	}
	return all.Users[0].JID.Domain(), nil
}
