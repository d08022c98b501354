package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

// What a service says no with comes with what to do, in commands that exist.
func TestExplainTooManyLinks(t *testing.T) {
	err := (&app{lang: "en"}).explain(errors.Join(&client.Error{Status: 409}, jitsiauth.ErrTooManyLinks), "", "here")
	told, ok := errors.AsType[*failure](err)
	if !ok || !errors.Is(err, jitsiauth.ErrTooManyLinks) || told.text != "too many links can be used at present: revoke some" {
		t.Fatalf("%v", err)
	}
	for _, command := range []string{"invite list", "invite revoke"} {
		if !strings.Contains(told.hint, "'"+command) {
			t.Errorf("the hint %q lacks %s", told.hint, command)
		}
	}
}
