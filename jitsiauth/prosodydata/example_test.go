package prosodydata_test

import (
	"context"
	"fmt"
	"log"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/memstore"
	"github.com/jitsiauth/server/jitsiauth/prosodydata"
)

// All accounts of a host move over, with the passwords that they have.
func Example() {
	ctx := context.Background()
	service, err := jitsiauth.New(memstore.New(), jitsiauth.Options{Domains: []string{"meet.jitsi"}, BcryptCost: jitsiauth.MinBcryptCost})
	if err != nil {
		log.Fatal(err)
	}
	dir, err := prosodydata.Open("testdata/13.0") // or /var/lib/prosody
	if err != nil {
		log.Fatal(err)
	}
	for _, host := range dir.Hosts() {
		if host.Name != "meet.jitsi" { // leave auth.meet.jitsi and its like where they are
			continue
		}
		lines := func(yield func(jitsiauth.ImportLine, error) bool) {
			for a, err := range dir.Accounts(host) {
				line := jitsiauth.ImportLine{
					JID: a.JID, Err: a.Err,
					Password: a.Password, PasswordHash: a.PasswordHash,
					Migrated:   a.Password != "",
					NoPassword: a.Password == "" && a.PasswordHash == "",
					Fields:     jitsiauth.UserChange{Disabled: &a.Disabled},
				}
				if !yield(line, err) {
					return
				}
			}
		}
		for results, err := range service.Import(ctx, lines, jitsiauth.ImportOptions{}) {
			if err != nil {
				log.Fatal(err)
			}
			for _, r := range results {
				fmt.Println(r.JID, r.Outcome, r.Err)
			}
		}
	}
	user, err := service.Verify(ctx, jitsiauth.Attempt{Username: "alice", Password: "correct horse"})
	fmt.Println(user.JID, err)
	_, err = service.Verify(ctx, jitsiauth.Attempt{Username: "alice", Password: "another"})
	fmt.Println(err)
	_, err = service.Verify(ctx, jitsiauth.Attempt{Username: "leaver", Password: "correct horse"})
	fmt.Println(err)
	// Output:
	// 山田太郎@meet.jitsi created <nil>
	// a.b_c-d+e=f~g!h#i$j%k^l*(m)@meet.jitsi created <nil>
	// alice@meet.jitsi created <nil>
	// kana25@meet.jitsi created <nil>
	// leaver@meet.jitsi created <nil>
	// spaces@meet.jitsi created <nil>
	// alice@meet.jitsi <nil>
	// wrong name or password
	// account is disabled
}
