package authsvc_test

import (
	"context"
	"net/http"
	"os"
	"strconv"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

func TestLocalListener(t *testing.T) {
	svc, err := jitsiauth.New(memstore.New(), jitsiauth.Options{BcryptCost: bcrypt.MinCost})
	if err != nil {
		t.Fatal(err)
	}
	listener := authsvc.NewLocalListener()
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- authsvc.New(svc, authsvc.Options{}).Serve(ctx, listener) }()
	c, err := client.New(client.Options{Server: "http://localhost", Transport: &http.Transport{DialContext: listener.DialContext}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateUser(t.Context(), api.NewUser{Username: "alice", Generate: true}); err != nil {
		t.Error(err)
	}
	for change, err := range svc.Changes(t.Context(), jitsiauth.Position{}) {
		if err != nil || change.Actor != jitsiauth.ActorUID || change.ActorName != strconv.Itoa(os.Getuid()) {
			t.Errorf("%+v, %v", change, err)
		}
	}
	c.Close()
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := c.Ready(t.Context()); err == nil {
		t.Error("a closed listener answers")
	}
}
