package prosodydata

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jitsiauth/server/jitsiauth"
)

// Directory is a data directory of Prosody, or the folder of one host in it.
// It holds nothing open, and is safe for concurrent use.
type Directory struct {
	path  string // what Host.below is below
	hosts []Host
}

// Host is a VirtualHost that has accounts.
type Host struct {
	Name string // prepared, such as "meet.jitsi"; "" if Prosody names no host so
	Dir  string // its folder, ".../meet%2ejitsi"
	// Err is nil or a *FileError that says why the folder can't be used: its
	// name, or want of rights.
	Err error

	below string // Dir, seen from Directory.path
}

// Path returns the data directory, or the folder of the host if that was given
// to Open.
func (d *Directory) Path() string { return d.path }

// Hosts returns the hosts that have a folder of accounts, in the order of
// their names, those without a name first. Jitsi's own services have accounts too,
// in a host such as "auth.meet.jitsi".
func (d *Directory) Hosts() []Host { return slices.Clone(d.hosts) }

// scan lists the hosts in a directory. Those that can't be looked at for want
// of rights have Err; denied says that all are such, so that it may be anything.
func scan(path string) (hosts []Host, denied, err error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, nil, err
	}
	seen := false
	for _, entry := range entries {
		host, err := hostAt(path, entry.Name())
		switch {
		case err == nil:
			seen = true
		case errors.Is(err, fs.ErrPermission):
			denied = errors.Join(denied, err)
			if host.Name == "" {
				continue
			}
			host.Err = fileError(entry.Name(), err)
		default: // no folder, or one without accounts
			continue
		}
		hosts = append(hosts, host)
	}
	if !seen {
		return nil, denied, nil
	}
	slices.SortStableFunc(hosts, func(a, b Host) int { return strings.Compare(a.Name, b.Name) })
	return hosts, nil, nil
}

// hostAt looks at what may be the folder of a host. An error says that it is
// none, or that this can't be seen.
func hostAt(path, below string) (Host, error) {
	host := Host{Dir: filepath.Join(path, below), below: below}
	folder := filepath.Base(host.Dir)
	name, nameErr := hostName(folder)
	host.Name = name
	accounts := filepath.Join(host.Dir, accountsFolder)
	info, err := os.Stat(accounts)
	switch {
	case err != nil:
		return host, err
	case !info.IsDir():
		return host, fs.ErrNotExist
	case isSymlink(host.Dir):
		host.Err = &FileError{File: folder, Err: errSymlinkedHost}
	case isSymlink(accounts):
		host.Err = &FileError{File: folder + "/" + accountsFolder, Err: errSymlinkedHost}
	case nameErr != nil:
		host.Err = &FileError{File: folder, Err: nameErr}
	}
	return host, nil
}

func isSymlink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

var (
	errSymlinkedHost = errors.New("is a symbolic link, which is followed in the path that is given only")
	errHostName      = errors.New("is no name that Prosody gives a host: its prepared form differs")
)

// hostName reads the name of a host's folder.
func hostName(folder string) (string, error) {
	decoded, err := decodeName(folder)
	if err != nil {
		return "", err
	}
	name, err := jitsiauth.PrepareDomain(decoded)
	if err != nil {
		return "", err
	}
	if name != decoded {
		return "", errHostName
	}
	return name, nil
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
