package prosodydata

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"
)

var errTwoFolders = errors.New("accounts lie below two folders of the archive: pack one Prosody's data directory alone")

// Tar reads the accounts of all hosts from a tar archive of a data directory, or
// of something that holds one, in the order of the archive, one file at a time: of
// data directories that are out of reach, as in a container. Nothing is unpacked.
// What is no file of an account by its name is left out. A file that can't be used is
// an Account with Err, as for Directory.Accounts; JID may be zero then. The error of
// the iterator is the last: the archive can't be read, or holds two data directories,
// of which one is most likely old.
func Tar(r io.Reader) iter.Seq2[Account, error] {
	return func(yield func(Account, error) bool) {
		archive, folder, seen := tar.NewReader(r), "", false
		for {
			entry, err := archive.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Account{}, fmt.Errorf("archive: %w", err))
				return
			}
			above, host, name, ok := splitEntry(entry.Name)
			if !ok {
				continue
			}
			if seen && above != folder {
				yield(Account{}, fmt.Errorf("%w: %q and %q", errTwoFolders, folder, above))
				return
			}
			folder, seen = above, true
			a := Account{File: path.Clean(entry.Name)}
			a.Err = a.unpack(host, name, entry, archive)
			if !yield(a, nil) {
				return
			}
		}
	}
}

// splitEntry takes "above/host/accounts/name.dat" apart.
func splitEntry(entry string) (above, host, name string, ok bool) {
	folder, file := path.Split(path.Clean("/" + entry))
	name, isData := strings.CutSuffix(file, ".dat")
	hostFolder, accounts := path.Split(path.Clean(folder))
	if !isData || accounts != accountsFolder || path.Clean(hostFolder) == "/" {
		return "", "", "", false
	}
	above, host = path.Split(path.Clean(hostFolder))
	return above, host, name, true
}

// unpack reads the file of an account, or returns a *FileError.
func (a *Account) unpack(host, name string, entry *tar.Header, file io.Reader) error {
	domain, err := hostName(host)
	if err != nil {
		return &FileError{File: a.File, Err: err}
	}
	if a.JID, err = accountJID(name, domain); err != nil {
		return &FileError{File: a.File, Err: err}
	}
	switch {
	case entry.Typeflag == tar.TypeSymlink || entry.Typeflag == tar.TypeLink:
		return &FileError{File: a.File, Err: errSymlink}
	case entry.Typeflag != tar.TypeReg:
		return &FileError{File: a.File, Err: errNoFile}
	case entry.Size > maxFileBytes:
		return &FileError{File: a.File, Err: errTooBig}
	case entry.Size == 0:
		return &FileError{File: a.File, Err: errFileEmpty}
	}
	var buf bytes.Buffer
	if _, err := buf.ReadFrom(file); err != nil {
		return fileError(a.File, err)
	}
	return a.fill(buf.Bytes())
}
