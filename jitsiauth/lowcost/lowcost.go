// Package lowcost is imported for its effect by tests only: it lets
// jitsiauth.Options.BcryptCost go down to bcrypt.MinCost, where a hash takes a
// millisecond instead of a fifth of a second and protects nobody.
//
//	import _ "github.com/jitsiauth/server/jitsiauth/lowcost"
//
// It panics in a program that is not a test.
package lowcost

import (
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth/internal/costbound"
)

func init() {
	if !testing.Testing() {
		panic("package lowcost weakens password hashes and is for tests only")
	}
	costbound.Min = bcrypt.MinCost
}
