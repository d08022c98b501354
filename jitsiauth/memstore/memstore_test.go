package memstore_test

import (
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
	"github.com/jitsiauth/server/jitsiauth/storetest"
)

func open(*testing.T) jitsiauth.Store { return memstore.New() }

func TestStore(t *testing.T) { storetest.Run(t, open) }

func TestLargeStore(t *testing.T) {
	storetest.RunLarge(t, func(t *testing.T, accounts []jitsiauth.Record) jitsiauth.Store {
		s := memstore.New()
		for _, r := range accounts {
			if err := s.CreateUser(t.Context(), r, jitsiauth.Change{}); err != nil {
				t.Fatal(err)
			}
		}
		return s
	})
}
