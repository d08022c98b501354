// Package loadtest measures the login path under load and attack: its benchmarks
// compare, within one run, with what the same machine does without us (raw
// bcrypt, a bare gin handler, Prosody's internal_hashed), because absolute times
// say more about the machine. Each prints rows of the table in BENCHMARKS.md,
// which "make bench" writes; "make test" runs them for a moment, to see that
// they work.
//
// Everything runs on loopback, is bounded in count and time and stops by itself.
// The field source of POST /auth/verify lets one machine play many.
//
// row_test.go prints the rows, load_test.go makes the load and counts what comes
// of it, world_test.go runs the program and Prosody; the other files hold one
// topic each.
package loadtest
