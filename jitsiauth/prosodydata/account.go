package prosodydata

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// accountsFolder is where Prosody keeps the files of accounts, below the folder
// of the host.
const accountsFolder = "accounts"

// dataSuffix ends the names of their files. One that has no more of a name is of the
// empty name, which prosodyctl makes if told to, but which nobody can log in with.
const dataSuffix = ".dat"

// Account is what one file says.
type Account struct {
	File string        // below the folder of the host, "accounts/alice.dat"; in an archive its whole name
	JID  jitsiauth.JID // zero if the name is why Err is set
	// Password in plain text, as it is kept: made by internal_plain, or by hand.
	// It is valid UTF-8, but may be longer than a service takes, or weak.
	Password string
	// PasswordHash is what internal_hashed keeps, in the form of RFC 5803:
	// "SCRAM-SHA-1$" or "SCRAM-SHA-256$", iterations, ":", salt, "$", StoredKey,
	// ":", ServerKey, the last three in base64. The iterations are any number
	// above 0. An account has Password, PasswordHash or, if nobody can log in to
	// it, neither.
	PasswordHash string
	Disabled     bool
	// Created and Updated are kept by Prosody 13.0, in whole seconds; else zero.
	Created, Updated time.Time
	// Err is nil or a *FileError that says why there is no account: nothing but
	// File, and JID if the name is right, is set then.
	Err error
}

var errNotPrepared = errors.New("is no name that Prosody lets anybody log in with: its prepared form differs")

// Accounts reads the accounts of a host, in the order of their files' names,
// one file at a time. Only their names are in memory all at once. What is no
// file of an account by its name (*.dat~, *.list, .dat) is left out, and so is a
// file that is removed while they are read. A file that can't be used is an
// Account with Err, and others follow; the error of the iterator is for the
// folder as a whole, and the last. It is Host.Err if that is set.
//
// Prosody may run meanwhile: it replaces a file as a whole.
func (d *Directory) Accounts(host Host) iter.Seq2[Account, error] {
	return func(yield func(Account, error) bool) {
		if host.Err != nil {
			yield(Account{}, host.Err)
			return
		}
		folder, names, err := d.files(host)
		if err != nil {
			yield(Account{}, err)
			return
		}
		defer func() { _ = folder.Close() }() // it was only read
		var buf bytes.Buffer
		for _, name := range names {
			a := Account{File: accountsFolder + "/" + name}
			err := a.read(host, folder, name, &buf)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				a.Err = err
			}
			if !yield(a, nil) {
				return
			}
		}
	}
}

// Count returns how many accounts of a host Accounts will read, those with Err
// included, without reading them. The error is the one that Accounts would end with.
func (d *Directory) Count(host Host) (int, error) {
	if host.Err != nil {
		return 0, host.Err
	}
	folder, names, err := d.files(host)
	if err != nil {
		return 0, err
	}
	return len(names), folder.Close()
}

// files opens the folder of accounts and lists the files in it that have the
// name of an account.
func (d *Directory) files(host Host) (folder *os.Root, names []string, err error) {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = root.Close() }() // folder stays open without it
	if folder, err = root.OpenRoot(filepath.Join(host.below, accountsFolder)); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", d.path, err)
	}
	if names, err = datFiles(folder); err != nil {
		_ = folder.Close()
		return nil, nil, fmt.Errorf("%s: %w", filepath.Join(host.Dir, accountsFolder), err)
	}
	return folder, names, nil
}

func datFiles(folder *os.Root) (names []string, err error) {
	dir, err := folder.Open(".")
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }() // it was only read
	for {
		some, err := dir.Readdirnames(1000)
		for _, name := range some {
			if strings.HasSuffix(name, dataSuffix) && name != dataSuffix {
				names = append(names, name)
			}
		}
		if len(some) == 0 { // err is io.EOF then, or a failure
			slices.Sort(names)
			return names, notEOF(err)
		}
	}
}

// read fills the account in, or returns a *FileError.
func (a *Account) read(host Host, folder *os.Root, name string, buf *bytes.Buffer) error {
	jid, err := accountJID(strings.TrimSuffix(name, dataSuffix), host.Name)
	if err != nil {
		return &FileError{File: a.File, Err: err}
	}
	a.JID = jid
	if err := readFile(folder, name, buf); err != nil {
		return fileError(a.File, err)
	}
	return a.fill(buf.Bytes())
}

// fill takes what the account's file holds, or returns a *FileError.
func (a *Account) fill(file []byte) error {
	t, err := parse(file)
	if err == nil {
		err = record{t}.fill(a)
	}
	var place *placeError
	if !errors.As(err, &place) {
		return err
	}
	whole := &FileError{File: a.File, Err: place.err}
	if place.pos >= 0 {
		whole.Line, whole.Column = placeOf(file, place.pos)
	}
	return whole
}

// accountJID reads the name of a file. Prosody prepares a name before it looks
// for the file, so it never finds one whose name is not prepared.
func accountJID(encoded, domain string) (jitsiauth.JID, error) {
	local, err := decodeName(encoded)
	if err != nil {
		return jitsiauth.JID{}, err
	}
	jid, err := jitsiauth.NewJID(local, domain)
	if err != nil {
		return jitsiauth.JID{}, err
	}
	if jid.Local() != local {
		return jitsiauth.JID{}, errNotPrepared
	}
	return jid, nil
}
