package boltstore_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/boltstore"
)

func Example() {
	dir, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := boltstore.Open(filepath.Join(dir, "accounts.db"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	accounts, err := jitsiauth.New(store, jitsiauth.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(store.Created(), accounts.Domains())
	// Output: true [meet.jitsi]
}
