package prosodydata

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"path"
	"strings"
)

var errTwoFolders = errors.New("archive: accounts lie below two folders: pack one Prosody's data directory alone")

// Tar reads the accounts of all hosts from a tar archive of a data directory, or
// of something that holds one, in the order of the archive, one file at a time: of
// data directories that are out of reach, as in a container. Nothing is unpacked.
// What is no file of an account by its name is left out. A file that can't be used is
// an Account with Err, as for Directory.Accounts; JID may be zero then. Eight bytes
// for each name are in memory all at once. The error of the iterator is the last: the
// archive can't be read, is compressed, holds no accounts (ErrNoData), one twice, as
// "tar -u" adds them, or two data directories, of which one is most likely old.
func Tar(r io.Reader) iter.Seq2[Account, error] {
	return func(yield func(Account, error) bool) {
		in := bufio.NewReader(r)
		if magic, _ := in.Peek(len(gzipMagic)); string(magic) == gzipMagic {
			yield(Account{}, errCompressed)
			return
		}
		archive, found := tar.NewReader(in), entries{seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
		for {
			entry, err := archive.Next()
			if errors.Is(err, io.EOF) && len(found.seen) > 0 {
				return
			}
			if errors.Is(err, io.EOF) {
				err = fmt.Errorf("%w: no folder <host>/accounts; pack Prosody's data directory", ErrNoData)
			}
			if err != nil {
				yield(Account{}, fmt.Errorf("archive: %w", err))
				return
			}
			above, host, name, ok := splitEntry(entry.Name)
			if !ok {
				continue
			}
			a := Account{File: path.Clean(entry.Name)}
			if err := found.add(above, a.File); err != nil {
				yield(Account{}, err)
				return
			}
			a.Err = a.unpack(host, name, entry, archive)
			if !yield(a, nil) {
				return
			}
		}
	}
}

// gzipMagic begins what gzip writes (RFC 1952 §2.3.1).
const gzipMagic = "\x1f\x8b"

var errCompressed = errors.New("archive: is compressed: unpack it first, as with gunzip")

// entries are the files of accounts that an archive had so far.
type entries struct {
	folder string // that they lie below
	seed   maphash.Seed
	seen   map[uint64]struct{} // by name
}

func (e *entries) add(folder, name string) error {
	if len(e.seen) > 0 && folder != e.folder {
		return fmt.Errorf("%w: %q and %q", errTwoFolders, e.folder, folder)
	}
	e.folder = folder
	hash := maphash.String(e.seed, name)
	if _, again := e.seen[hash]; again {
		return fmt.Errorf("archive: holds %q twice, of which one is old: pack it anew", name)
	}
	e.seen[hash] = struct{}{}
	return nil
}

// splitEntry takes "above/host/accounts/name.dat" apart.
func splitEntry(entry string) (above, host, name string, ok bool) {
	folder, file := path.Split(path.Clean("/" + entry))
	name, isData := strings.CutSuffix(file, dataSuffix)
	hostFolder, accounts := path.Split(path.Clean(folder))
	if !isData || name == "" || accounts != accountsFolder || path.Clean(hostFolder) == "/" {
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
