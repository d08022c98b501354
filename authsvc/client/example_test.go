package client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

func Example() {
	ctx := context.Background()
	// A service of one's own; yours runs elsewhere.
	accounts, err := jitsiauth.New(memstore.New(), jitsiauth.Options{})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(authsvc.New(accounts, authsvc.Options{}))
	defer server.Close()
	_, secret, err := accounts.CreateToken(ctx, jitsiauth.NewToken{Name: "portal", Scopes: []jitsiauth.Scope{jitsiauth.ScopeUsersWrite}})
	if err != nil {
		log.Fatal(err)
	}

	c, err := client.New(client.Options{Server: server.URL, Token: secret})
	if err != nil {
		log.Fatal(err)
	}
	made, err := c.CreateUser(ctx, api.NewUser{Username: "Alice", Generate: true, ValidUntil: "2099-11-27"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(made.JID, made.State, len(made.GeneratedPassword))

	_, err = c.CreateUser(ctx, api.NewUser{Username: "alice", Generate: true})
	fmt.Println(errors.Is(err, jitsiauth.ErrExists))
	_, err = c.CreateUser(ctx, api.NewUser{Username: "a b", Generate: true})
	var invalid *jitsiauth.InvalidError
	fmt.Println(errors.As(err, &invalid), invalid.Field)
	// Output:
	// alice@meet.jitsi active 23
	// true
	// true username
}
