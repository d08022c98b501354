// Package prosodydata reads the accounts that Prosody's own authentication
// keeps in files: what mod_auth_internal_hashed (SCRAM-SHA-1 and SCRAM-SHA-256)
// and mod_auth_internal_plain of Prosody 0.12 and 13.0 write with the storage
// "internal", which is the default, and what older versions since 0.9 left
// there. Nothing is written, no Lua is run, and Prosody may run meanwhile.
//
// To take over the accounts of a host, with passwords:
//
//	dir, err := prosodydata.Open("/var/lib/prosody")
//	if err != nil { … }
//	lines := func(yield func(jitsiauth.ImportLine, error) bool) {
//		for a, err := range dir.Accounts(host) { // one of dir.Hosts()
//			line := jitsiauth.ImportLine{
//				JID: a.JID, Err: a.Err, Password: a.Password, PasswordHash: a.PasswordHash,
//				Migrated: a.Password != "", NoPassword: a.Password == "" && a.PasswordHash == "",
//				Fields: jitsiauth.UserChange{Disabled: &a.Disabled},
//			}
//			if !yield(line, err) { return }
//		}
//	}
//	for results, err := range accounts.Import(ctx, lines, jitsiauth.ImportOptions{}) { … }
//
// Where the files lie out of reach, as in a container, Tar reads them from a tar
// archive, which is a stream: "tar -C /var/lib/prosody -c ." there makes one.
//
// # How it reads
//
// open.go finds the data directory, directory.go the hosts in it, account.go
// their files. name.go turns the names of folders and files back into those of
// hosts and accounts, file.go reads a file, tar.go an archive, table.go and token.go parse them, and
// record.go makes an account of it.
//
// Each file is taken as a whole or refused with a *FileError that says where
// and why, and the others go on. A file must be exactly what Prosody writes,
// to the line break at its end: one that was cut off anywhere is no account,
// nor is one of Prosody before 0.9, which lacks that end. Links, devices and
// folders in place of files are refused; a file is at most 1 MiB long.
//
// # What it does not read
//
// Accounts that Prosody keeps in SQL (storage = "sql"): copy them into files
// first, by Prosody's own program, with Prosody stopped. In a new file
// migrator.cfg.lua, give as input what "sql" is in Prosody's configuration, and
// as output an empty folder:
//
//	input {
//		type = "sql"; driver = "SQLite3"; database = "/var/lib/prosody/prosody.sqlite";
//		hosts = { ["meet.jitsi"] = { "accounts" } };
//	}
//	output { type = "internal"; path = "/some/new/folder" }
//
// Run "prosody-migrator --config=migrator.cfg.lua" and open the folder.
//
// What is beside the accounts: rosters, roles (Prosody 13.0 has them in
// account_roles; prosody:admin there is not jitsiauth's administrator), private
// data, and the reason that an account was disabled for (disabled_meta).
// Accounts in LDAP or behind other modules are not in these files at all.
package prosodydata
