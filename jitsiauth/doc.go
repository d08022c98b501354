// Package jitsiauth keeps the user accounts of a self-hosted Jitsi Meet: who
// may open a room, until when, and with which password. Prosody, Jitsi's XMPP
// server, asks at each login, so every change is in force at the next one.
//
// A program of yours gets accounts in a few lines:
//
//	store, err := boltstore.Open("accounts.db", nil)
//	if err != nil { … }
//	defer store.Close()
//	accounts, err := jitsiauth.New(store, jitsiauth.Options{Domains: []string{"meet.example.org"}})
//	if err != nil { … }
//	jid, err := accounts.ParseJID("alice")
//	if err != nil { … }
//	alice, err := accounts.Create(ctx, jitsiauth.NewUser{JID: jid, Password: "correct horse"})
//	…
//	user, err := accounts.Verify(ctx, jitsiauth.Attempt{Username: "alice", Password: "correct horse"})
//
// # Names and passwords
//
// An account is named by its JID: local part and domain. Prosody prepares what
// a person types (nodeprep for the name, SASLprep for the password) before it
// asks, so the same is done here, once, to whatever comes in: jid.go and
// prep.go. "ＡＬＩＣＥ" is "alice" and "ｐａｓｓ１" is "pass1", on every way in.
// A password that is set is at most 72 bytes long, which is what bcrypt reads. At a
// login a longer one is compared with SCRAM records only, which an import can bring
// (scram.go), and fits nothing else; a no to it costs what every no costs. Otherwise a
// Policy says which may be set (policy.go): by default at least 12 characters, not
// the account's own name, and none that many people use. An administrator may
// set another with AllowWeak, which the log notes.
//
// # A login, told by file
//
// verify.go is the whole story: prepare the input (prep.go), load the account
// and the places it is known at (memory.go, place.go), let the throttle take the
// attempt before it costs anything (throttle.go), compare the password, with what
// was proven lately (proof.go) or by a hash that equal attempts share
// (flight.go), for which one waits in one of two lanes (queue.go), so that every
// no costs the same (hash.go, scram.go), renew a hash of an older cost or a SCRAM record, look at
// the account's state (user.go), and note what came of it (login.go,
// refusal.go). Stats (stats.go) counts all that; throttle_admin.go shows and
// clears. Who is asking is an Actor in the context (actor.go).
//
// # Links
//
// A Link (link.go) lets somebody without an account do one thing: make the first
// administrator, make an account of their own (an invite), or set a forgotten
// password. link_create.go makes them, link_list.go shows and revokes them and
// says which can be spent, and link_spend.go spends one together with what it
// does, so that a link for one makes one.
//
// # Accounts from elsewhere
//
// Import (import.go) writes many accounts, line by line (import_line.go): with a
// password, which import_hash.go hashes or compares, or with what another program or
// instance kept of it, bcrypt or a SCRAM record of Prosody's, or with none. The
// account's PasswordKind says which (password_kind.go). Export (export.go) is the way
// out. Package prosodydata reads what Prosody keeps, package htpasswd what Apache does.
//
// # What happens by itself
//
// New starts no goroutine. Run (run.go), which the program runs beside its
// work, writes collected logins (login.go), notes in the log that a date of an
// account has come (moment.go), removes what is too old (retention.go) and gives
// back memory. Without it all rules hold, but the log has gaps, and no place
// becomes known. Close writes the last second.
// EndSessions (session.go) tells Prosody to send somebody out who may come back.
// WaitEvents (feed.go) tells what happened to accounts as it happens, ChangeLog
// and LoginLog (history.go) what happened before.
//
// # Errors
//
// Decisions are sentinels (errors.go) and *InvalidError, which names field and
// rule; a *PolicyError is one that can tell a person more. A *ThrottledError
// and ErrOverloaded say that a password was not compared, and when to come
// again. Any other error is a failure: it is never a wrong password, and never
// a right one.
//
// # Stores
//
// boltstore keeps everything in one file and is the default; memstore is for
// tests and examples. Another one needs the methods of Store and must pass
// storetest. One that can copy itself is a Backuper, too.
package jitsiauth
