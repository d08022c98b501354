// Package authsvctest runs a whole service inside a test: package authsvc over
// a store in memory, at an address of its own, with passwords that are hashed
// in a millisecond. It is for tests of programs that call the service.
//
//	kit := authsvctest.New(t, nil)
//	kit.AddUser("alice", "correct horse battery")
//	program := yours.New(kit.URL, kit.Token(jitsiauth.ScopeUsersRead))
//
// It can't be linked into a program that is not a test; see package lowcost.
package authsvctest

import (
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	_ "github.com/jitsiauth/server/jitsiauth/lowcost"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// Options says what the service of a Kit is like. The zero value works, and so
// does nil.
type Options struct {
	// Store holds accounts and tokens, and remains the caller's to close, after
	// the test. Default: an empty one in memory.
	Store jitsiauth.Store
	// Service is for jitsiauth.New. Its BcryptCost is bcrypt.MinCost where it
	// names none.
	Service jitsiauth.Options
	// Server is for authsvc.New. Its clock is Service.Now where it names none.
	Server authsvc.Options
}

// Kit is a running service. It ends with its test. It is safe for concurrent
// use.
type Kit struct {
	// URL is where the service answers, such as http://127.0.0.1:40123.
	URL string
	// Client may do what the scope admin allows.
	Client *client.Client
	// Service is the domain behind the service, for what a test arranges or
	// looks at without HTTP.
	Service *jitsiauth.Service
	// Store is the one given, or the one in memory.
	Store jitsiauth.Store

	t      testing.TB
	tokens atomic.Int64
}

// New starts a service that ends with the test. nil options work. Whatever
// fails, in it and in the Kit's methods, ends the test.
func New(t testing.TB, opts *Options) *Kit {
	t.Helper()
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Store == nil {
		o.Store = memstore.New()
	}
	if o.Service.BcryptCost == 0 {
		o.Service.BcryptCost = bcrypt.MinCost
	}
	if o.Server.Now == nil {
		o.Server.Now = o.Service.Now
	}
	svc, err := jitsiauth.New(o.Store, o.Service)
	if err != nil {
		t.Fatal(err)
	}
	server := authsvc.New(svc, o.Server)
	web := httptest.NewUnstartedServer(server)
	web.Config = server.HTTPServer()
	web.Start()
	t.Cleanup(web.Close)
	k := &Kit{URL: web.URL, Service: svc, Store: o.Store, t: t}
	k.Client = k.ClientWith(k.Token(jitsiauth.ScopeAdmin))
	return k
}

// Token makes a token that has the scopes, is bound to no domain and does not
// expire, and returns its secret.
func (k *Kit) Token(scopes ...jitsiauth.Scope) string {
	k.t.Helper()
	_, secret, err := k.Service.CreateToken(k.t.Context(), jitsiauth.NewToken{Name: k.tokenName(), Scopes: scopes})
	if err != nil {
		k.t.Fatal(err)
	}
	return secret
}

// tokenName differs from those that another Kit gave on the same store.
func (k *Kit) tokenName() string {
	tokens, err := k.Service.Tokens(k.t.Context())
	if err != nil {
		k.t.Fatal(err)
	}
	taken := make(map[string]bool, len(tokens))
	for _, token := range tokens {
		taken[token.Name] = true
	}
	for {
		if name := "test" + strconv.FormatInt(k.tokens.Add(1), 10); !taken[name] {
			return name
		}
	}
}

// ClientWith returns a client that sends the secret of a token; "": none.
func (k *Kit) ClientWith(secret string) *client.Client {
	k.t.Helper()
	c, err := client.New(client.Options{Server: k.URL, Token: secret})
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(c.Close)
	return c
}

// AddUser makes an account and returns it. name is a JID, or a local part of
// the default domain; password is any, also one that the policy refuses. Other fields can be set with Service.Update.
func (k *Kit) AddUser(name, password string) jitsiauth.User {
	k.t.Helper()
	jid, err := k.Service.ParseJID(name)
	if err != nil {
		k.t.Fatal(err)
	}
	user, err := k.Service.Create(k.t.Context(), jitsiauth.NewUser{JID: jid, Password: password, AllowWeak: true})
	if err != nil {
		k.t.Fatal(err)
	}
	return user
}
