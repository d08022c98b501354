// Package boltstore keeps accounts in one file, through go.etcd.io/bbolt: the
// default store of jitsiauth.
//
//	store, err := boltstore.Open("jitsiauth.db", nil)
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//
// A program that has a bbolt file of its own hands it to New; everything of
// this package then lives inside one bucket of that file.
//
// A write returns when it is on disk (fsync). Reads don't wait for writes, but
// for the moment in which bbolt maps a file that has outgrown
// Options.InitialMmapSize. Writes wait for each other, and for Check.
//
// # Layout
//
// All buckets lie in one root bucket, DefaultBucket where nobody names another:
//
//	meta          "schema" → version in decimal; "epoch" → 32 hex digits;
//	              "changes_trimmed" → position of the newest entry removed
//	users         ID (16 bytes) → JSON, see userRecord
//	names         domain, NUL, local part → ID
//	changes       position (8 bytes, big-endian) → JSON, see changeRecord
//	moments       date, ID, kind → nothing; dates that have not come, see moment.go
//	logins        number (8 bytes, big-endian) → JSON, see loginRecord
//	sources       ID of the account → its known sources, see known_source.go
//	tokens        ID → JSON, see tokenRecord
//	token_hashes  SHA-256 (32 bytes) → ID
//	links         ID → JSON, see linkRecord
//	link_hashes   SHA-256 (32 bytes) → ID
//
// The sequence of bucket changes is the head of the log. Fields of the JSON
// that this version doesn't know are ignored. A change that older programs
// would misread gets a new schema version, see migrations; a program refuses
// a file with a version above its own (ErrNewerSchema).
//
// # The file
//
// Open makes a new file under another name in the same directory
// (".NAME.new-*", which a crash may leave behind) and gives it its name when it
// is complete, never in place of another file. Backup and Restore use names like
// that, too, ".NAME.backup-*" and ".NAME.restore-*". New files get mode 0600, as they
// hold password hashes. The mode of a file that exists is its owner's decision
// and stays.
//
// One process at a time can have the file open; another one gets an
// *InUseError.
package boltstore
