package jitsiauth

import (
	"context"
	"net/netip"
	"slices"
)

// Actor is who asks for something: it decides what is allowed and stands in
// the log. The HTTP face sets one for each request.
type Actor struct {
	Kind    ActorKind
	Name    string     // the token's name, the uid, the link's ID; empty for the program
	Role    Role       // what it may do
	Domains []string   // prepared; the only domains it may touch; empty: all
	Source  netip.Addr // where the request came from, if it came over a network
	// Account is the actor's own, of which they may set the password, end the
	// sessions and read the logins, whatever Role says; zero: none.
	Account ID
}

// ActorKind says what sort of caller an Actor is.
type ActorKind string

// The kinds of actor.
const (
	// ActorProgram is the program that embeds the package, and the actor
	// where a context holds none: whoever holds the store may do everything.
	ActorProgram ActorKind = "program"
	ActorToken   ActorKind = "token"
	ActorUID     ActorKind = "uid"    // a process of this machine, over the unix socket
	ActorPerson  ActorKind = "person" // somebody with an account, on the pages; named by their JID
	ActorLink    ActorKind = "link"   // whoever holds the link that is spent
	ActorSystem  ActorKind = "system" // the service itself, when a date has come
	ActorSeed    ActorKind = "seed"   // a file of accounts that the service starts with, named by its path
)

type actorKey struct{}

// WithActor returns a context whose calls are made and logged as a's.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom returns the actor of ctx; without one, the embedding program.
func ActorFrom(ctx context.Context) Actor {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return a
	}
	return Actor{Kind: ActorProgram, Role: RoleAdmin}
}

// reaches reports whether the actor may touch the domain at all.
func (a Actor) reaches(domain string) bool {
	return len(a.Domains) == 0 || slices.Contains(a.Domains, domain)
}

// mayManage returns ErrForbidden unless the actor has at least the rights of
// the account and is more than a mere user.
func (a Actor) mayManage(u *User) error {
	if a.Role.rank() < RoleManager.rank() || a.Role.rank() < u.Role.rank() || !a.reaches(u.JID.Domain()) {
		return ErrForbidden
	}
	return nil
}

// owns reports whether the account is the actor's own.
func (a Actor) owns(id ID) bool { return !id.IsZero() && a.Account == id }

// mayAdminister returns ErrForbidden unless the actor is an administrator of
// the whole service.
func (a Actor) mayAdminister() error {
	if a.Role != RoleAdmin || len(a.Domains) != 0 {
		return ErrForbidden
	}
	return nil
}
