package jitsiauth_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

func Example() {
	ctx := context.Background()
	accounts, err := jitsiauth.New(memstore.New(), jitsiauth.Options{
		Domains:    []string{"meet.example.org"},
		BcryptCost: jitsiauth.MinBcryptCost,
	})
	if err != nil {
		log.Fatal(err)
	}
	jid, err := accounts.ParseJID("Alice")
	if err != nil {
		log.Fatal(err)
	}
	alice, err := accounts.Create(ctx, jitsiauth.NewUser{JID: jid, Password: "correct horse"})
	if err != nil {
		log.Fatal(err)
	}
	attempt := jitsiauth.Attempt{Username: "alice", Password: "correct horse"}
	user, err := accounts.Verify(ctx, attempt)
	fmt.Println(user.JID, err)

	if _, err := accounts.Disable(ctx, alice.ID); err != nil {
		log.Fatal(err)
	}
	_, err = accounts.Verify(ctx, attempt)
	fmt.Println(err, errors.Is(err, jitsiauth.ErrDisabled))
	// Output:
	// alice@meet.example.org <nil>
	// account is disabled true
}

// A person is told in their language what to do about a refused password.
func ExamplePolicyError() {
	accounts, err := jitsiauth.New(memstore.New(), jitsiauth.Options{})
	if err != nil {
		log.Fatal(err)
	}
	jid, err := accounts.ParseJID("alice")
	if err != nil {
		log.Fatal(err)
	}
	_, err = accounts.Create(context.Background(), jitsiauth.NewUser{JID: jid, Password: "Password1234"})
	var refused *jitsiauth.PolicyError
	if errors.As(err, &refused) {
		fmt.Println(refused.Reason)
		fmt.Println(refused.Text("en"))
	}
	// Output:
	// common
	// The password must not be one that many people use or that follows a simple pattern. Put together a few words that only you would combine, or let one be generated.
}

func ExampleParseJID() {
	jid, err := jitsiauth.ParseJID("Straße@Meet.Example.ORG")
	fmt.Println(jid, err)
	_, err = jitsiauth.ParseJID("alice@meet.example.org/phone")
	fmt.Println(err)
	// Output:
	// strasse@meet.example.org <nil>
	// jid: must not have a resource or any other "/": write name@domain
}

func ExampleParseMoment() {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		log.Fatal(err)
	}
	// Lent until Friday: Friday still works.
	until, err := jitsiauth.ParseMoment("valid_until", "2026-11-27", true, tokyo)
	fmt.Println(until.In(tokyo), err)
	// Output:
	// 2026-11-28 00:00:00 +0900 JST <nil>
}

func ExampleService_Changes() {
	ctx := jitsiauth.WithActor(context.Background(), jitsiauth.Actor{
		Kind: jitsiauth.ActorUID, Name: "1000", Role: jitsiauth.RoleAdmin,
	})
	accounts, err := jitsiauth.New(memstore.New(), jitsiauth.Options{BcryptCost: jitsiauth.MinBcryptCost})
	if err != nil {
		log.Fatal(err)
	}
	jid, err := accounts.ParseJID("bob")
	if err != nil {
		log.Fatal(err)
	}
	bob, err := accounts.Create(ctx, jitsiauth.NewUser{JID: jid, Password: "correct horse"})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := accounts.Disable(ctx, bob.ID); err != nil {
		log.Fatal(err)
	}
	for change, err := range accounts.Changes(ctx, jitsiauth.Position{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(change.Action, change.JID, change.Fields, "by", change.Actor, change.ActorName)
	}
	// Output:
	// user.created bob@meet.jitsi [] by uid 1000
	// user.updated bob@meet.jitsi [disabled] by uid 1000
}

func ExampleService_CreateInvite() {
	ctx := context.Background()
	accounts, err := jitsiauth.New(memstore.New(), jitsiauth.Options{BcryptCost: jitsiauth.MinBcryptCost})
	if err != nil {
		log.Fatal(err)
	}
	link, secret, err := accounts.CreateInvite(ctx, jitsiauth.NewInvite{Note: "partner company"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(link.Kind, link.Domain, link.Left)
	// The secret goes to somebody, who comes back with it and chooses:
	if _, err := accounts.LookUpLink(ctx, secret); err != nil {
		log.Fatal(err)
	}
	made, err := accounts.SpendInvite(ctx, secret, "Alice", jitsiauth.NewPassword{Password: "four words of mine"})
	fmt.Println(made.JID, made.Role, err)
	_, err = accounts.SpendInvite(ctx, secret, "bob", jitsiauth.NewPassword{Password: "four words of mine"})
	fmt.Println(err)
	// Output:
	// invite meet.jitsi 1
	// alice@meet.jitsi user <nil>
	// not found
}
