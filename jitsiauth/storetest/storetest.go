// Package storetest holds a jitsiauth.Store to its contract. The test of a
// store is a factory and a call or two:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) jitsiauth.Store { return mystore.New(…) })
//	}
//
// Run it with -race.
//
// The suite asks what the comments in jitsiauth/store.go say, and three things
// that follow from them: times are kept to the microsecond at least; a change
// that alters ID or JID of an account is refused with an error; what a caller
// hands in or gets back shares no memory with the store.
package storetest

import (
	"fmt"
	"io"
	"testing"

	"github.com/jitsiauth/server/jitsiauth"
)

// Run runs the suite in three tiers, "CRUD", "Atomic" and "Parallel", each a
// subtest with a subtest for each rule. open returns an empty store of its own
// for each rule; what must be closed it leaves to t.Cleanup. It makes some
// thousand durable writes.
func Run(t *testing.T, open func(t *testing.T) jitsiauth.Store) {
	t.Run("CRUD", func(t *testing.T) { runRules(t, open, crud) })
	t.Run("Atomic", func(t *testing.T) { runRules(t, open, atomicity) })
	t.Run("Parallel", func(t *testing.T) { runRules(t, open, parallel) })
}

// RunLarge holds a store to jitsiauth.MaxScan. open returns a store that holds
// these accounts, some more than MaxScan, and nothing else. It is apart from
// Run, because stores have faster ways to take so many than one by one.
func RunLarge(t *testing.T, open func(t *testing.T, accounts []jitsiauth.Record) jitsiauth.Store) {
	t.Run("MaxScan", func(t *testing.T) {
		var accounts []jitsiauth.Record
		for i := range jitsiauth.MaxScan + 50 {
			accounts = append(accounts, newUser(t, fmt.Sprintf("user%05d@a.example", i)))
		}
		testMaxScan(t, open(t, accounts), accounts[len(accounts)-1].JID)
	})
}

// RunReopen runs the durable tier: what was written is there when the store is
// closed and opened again. open opens the store that lies in the directory dir,
// or makes it there. The store must be an io.Closer; it may be closed more than
// once.
func RunReopen(t *testing.T, open func(t *testing.T, dir string) jitsiauth.Store) {
	t.Run("Reopen", func(t *testing.T) {
		dir := t.TempDir()
		testReopen(t, func() (jitsiauth.Store, io.Closer) {
			store := open(t, dir)
			closer, ok := store.(io.Closer)
			if !ok {
				t.Fatalf("%T can't be closed", store)
			}
			return store, closer
		})
	})
}

// rule is a part of the contract and the test of it.
type rule struct {
	name string
	test func(t *testing.T, s jitsiauth.Store)
}

func runRules(t *testing.T, open func(t *testing.T) jitsiauth.Store, rules []rule) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) { r.test(t, open(t)) })
	}
}

var crud = []rule{
	{"User", testUser},
	{"UserNotFound", testUserNotFound},
	{"UpdateUser", testUpdateUser},
	{"SessionRevision", testSessionRevision},
	{"DeleteUser", testDeleteUser},
	{"Ended", testEnded},
	{"ListOrder", testListOrder},
	{"ListPages", testListPages},
	{"ListFilters", testListFilters},
	{"ListAfter", testListAfter},
	{"ListStable", testListStable},
	{"Token", testToken},
	{"TokenMemory", testTokenMemory},
	{"HasAdmin", testHasAdmin},
	{"Link", testLink},
	{"TrimLinks", testTrimLinks},
	{"OpenLinks", testOpenLinks},
	{"Log", testLog},
	{"AddChange", testAddChange},
	{"LogPositions", testLogPositions},
	{"Moments", testMoments},
	{"MomentsChange", testMomentsChange},
	{"MomentsRearm", testMomentsRearm},
	{"Logins", testLogins},
	{"LastSeen", testLastSeen},
	{"KnownSources", testKnownSources},
	{"KnownSourcesMost", testKnownSourcesMost},
	{"KnownSourcesMemory", testKnownSourcesMemory},
	{"KnownSourcesGone", testKnownSourcesGone},
	{"TrimSources", testTrimSources},
	{"Batch", testBatch},
	{"BatchNothing", testBatchNothing},
	{"BatchFresh", testBatchFresh},
	{"Trim", testTrim},
	{"TrimMost", testTrimMost},
	{"ChangesBefore", testChangesBefore},
}

var atomicity = []rule{
	{"CreateUserExists", testCreateUserExists},
	{"CreateTokenExists", testCreateTokenExists},
	{"UpdateError", testUpdateError},
	{"UpdateIdentity", testUpdateIdentity},
	{"DeleteError", testDeleteError},
	{"LogTogether", testLogTogether},
	{"BatchRefusal", testBatchRefusal},
	{"BatchRollback", testBatchRollback},
	{"LinkExists", testLinkExists},
	{"LinkRollback", testLinkRollback},
}

var parallel = []rule{
	{"Increments", testIncrements},
	{"OneName", testOneName},
	{"OneTokenName", testOneTokenName},
	{"OneDelete", testOneDelete},
	{"WholeRecords", testWholeRecords},
	{"LogReaders", testLogReaders},
	{"ListChurn", testListChurn},
	{"MomentsParallel", testMomentsParallel},
	{"SourcesTogether", testSourcesTogether},
	{"SourcesTrim", testSourcesTrim},
	{"SourcesDelete", testSourcesDelete},
	{"BatchTogether", testBatchTogether},
	{"LinkOnce", testLinkOnce},
}
