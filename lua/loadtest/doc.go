// Package loadtest measures logins under load and attack: its benchmarks
// compare, within one run, with what the same machine does without us (raw
// bcrypt, a bare gin handler, Prosody's internal_hashed), because absolute times
// say more about the machine. Each prints rows of the table in BENCHMARKS.md,
// which "make bench" writes; "make test" runs them for a moment, to see that
// they work.
//
// Everything runs on loopback, is bounded in count and time and stops by itself.
// The field source of POST /auth/verify lets one machine play many.
//
// The end of live sessions is measured as well: how soon (out_test.go), of many at
// once (many_test.go), and behind thousands of changes of others (news_test.go). So
// are a file with a million accounts (store_test.go), and how they come into one
// (import_test.go).
//
// row_test.go prints the rows, load_test.go makes the load and counts what comes
// of it, world_test.go runs the program and Prosody, room_test.go has people in a
// room; the other files hold one topic each.
package loadtest
