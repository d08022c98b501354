package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// readPasswords reads the files that password_file names, of the accounts that are
// wanted, and warns of those that others can read. What is wrong with them it
// returns as *wrongLines.
func (d *declaredFile) readPasswords(wanted func(*declaredAccount) bool, warn func(text string)) error {
	wrong := &wrongLines{file: d.name}
	if d.open && d.plain() {
		warn(d.name + " has passwords in it, and others on this machine can read it: chmod 600, or use password_file")
	}
	for _, account := range d.accounts {
		if account.PasswordFile == "" || !wanted(account) {
			continue
		}
		path := d.passwordPath(account)
		password, open, err := readPasswordFile(path)
		if err != nil {
			wrong.add(d.at(account, "password_file"), "", "password_file", err.Error())
			continue
		}
		if open {
			warn(path + " can be read by others on this machine: chmod 600")
		}
		account.Password = password
	}
	return wrong.asError()
}

// passwordPath is the account's password_file, from the directory of the file if it
// is relative.
func (d *declaredFile) passwordPath(account *declaredAccount) string {
	if filepath.IsAbs(account.PasswordFile) {
		return account.PasswordFile
	}
	return filepath.Join(d.dir, account.PasswordFile)
}

// passwordGone reports an account whose password_file is not there.
func (d *declaredFile) passwordGone(account *declaredAccount) bool {
	if account.PasswordFile == "" {
		return false
	}
	_, err := os.Stat(d.passwordPath(account))
	return errors.Is(err, fs.ErrNotExist)
}

// readPasswordFile returns the one line of a file, and whether others can read it. An
// error holds nothing of it.
func readPasswordFile(path string) (password string, open bool, err error) {
	about, err := os.Stat(path) // before opening, which could wait for somebody at the other end
	if err != nil {
		return "", false, err
	}
	if !about.Mode().IsRegular() {
		return "", false, fmt.Errorf("%s must be a file with the password in it", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", false, err
	}
	all, err := io.ReadAll(io.LimitReader(file, maxStdin+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return "", false, err
	}
	password = strings.TrimSuffix(strings.TrimSuffix(string(all), "\n"), "\r")
	switch {
	case len(all) > maxStdin:
		err = fmt.Errorf("%s must be at most %d bytes long", path, maxStdin)
	case password == "":
		err = fmt.Errorf("%s must not be empty", path)
	case strings.ContainsAny(password, "\r\n"):
		err = fmt.Errorf("%s must have one line", path)
	case !utf8.ValidString(password):
		err = fmt.Errorf("%s must be in UTF-8", path)
	}
	return password, openToOthers(about), err
}
