package main

import (
	"bytes"
	"errors"

	"github.com/jitsiauth/server/authsvc/csvfile"
	"github.com/jitsiauth/server/jitsiauth"
)

// readCSV reads the columns that 'import' reads, and password_file and hash.
func (d *declaredFile) readCSV(file []byte) error {
	text, line, err := csvfile.Text(file)
	if invalid, ok := errors.AsType[*jitsiauth.InvalidError](err); ok {
		return d.wrong(line, "", invalid.Rule)
	}
	rows, err := csvfile.Lines(bytes.NewReader(text), csvfile.Options{More: []string{"password_file", "hash"}})
	if invalid, ok := errors.AsType[*jitsiauth.InvalidError](err); ok {
		return d.wrong(1, invalid.Field, invalid.Rule)
	}
	if err != nil {
		return err
	}
	wrong := &wrongLines{file: d.name}
	for row, err := range rows {
		if err != nil {
			return err
		}
		if invalid, ok := errors.AsType[*jitsiauth.InvalidError](row.Err); ok {
			wrong.add(row.Number, "", invalid.Field, invalid.Rule)
			continue
		}
		account := &declaredAccount{ImportLine: row.Account, PasswordFile: row.More["password_file"], line: row.Number}
		if hash := row.More["hash"]; hash != "" && account.PasswordHash != "" {
			wrong.add(row.Number, "", "hash", "must not be given together with password_hash")
		} else if hash != "" {
			account.PasswordHash = hash
		}
		d.accounts = append(d.accounts, account)
	}
	return wrong.asError()
}
