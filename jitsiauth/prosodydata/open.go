package prosodydata

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// places are where the data directory lies below what people have at hand.
var places = []string{
	".",                    // Debian's /var/lib/prosody; any data_path
	"data",                 // docker-jitsi-meet: prosody/config before June 2026, storage/prosody since
	"config/data",          // its folder prosody, before
	"prosody/config/data",  // its configuration directory, ~/.jitsi-meet-cfg, before
	"prosody/data",         // its folder storage, since
	"storage/prosody/data", // its configuration directory, since
}

// ErrNoData says that no data directory with accounts was found, or more than
// one. The error around it says where was looked and what to give instead.
var ErrNoData = errors.New("no accounts of Prosody to read")

// Open finds the data directory of a Prosody of this machine, running or not,
// or a copy of it. The path is that directory (data_path in Prosody's
// configuration), the folder of one host in it, or, of docker-jitsi-meet, the
// configuration directory or one of the folders in between. A symbolic link is
// followed in the path only.
//
// The error is ErrNoData with what to do, or what the system said, such as
// fs.ErrPermission.
func Open(path string) (*Directory, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%w: %s is no directory; give Prosody's data directory, such as /var/lib/prosody", ErrNoData, path)
	}
	found, denied, err := find(path)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, severalFound(found)
	}
	host, err := hostAt(path, ".")
	switch {
	case err == nil:
		return &Directory{path: path, hosts: []Host{host}}, nil
	case denied != nil:
		return nil, denied
	case errors.Is(err, fs.ErrPermission):
		return nil, err
	}
	return nil, noneFound(path)
}

// find looks at all places. An error means that a place is there and can't be
// looked at, so that what was found may not be all. In the path itself there
// may be folders of all kinds that can't be looked at: these are denied.
func find(path string) (found []*Directory, denied, err error) {
	for _, place := range places {
		dir := filepath.Join(path, filepath.FromSlash(place))
		hosts, hidden, err := scan(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		case err != nil:
			return nil, nil, err
		case hidden != nil && place != ".":
			return nil, nil, hidden
		case hidden != nil:
			denied = hidden
		case len(hosts) > 0 && !known(found, dir):
			found = append(found, &Directory{path: dir, hosts: hosts})
		}
	}
	return found, denied, nil
}

// known reports whether a link led to the same directory before.
func known(found []*Directory, dir string) bool {
	info, err := os.Stat(dir)
	for _, d := range found {
		other, otherErr := os.Stat(d.path)
		if err == nil && otherErr == nil && os.SameFile(info, other) {
			return true
		}
	}
	return false
}

func severalFound(found []*Directory) error {
	dirs := make([]string, 0, len(found))
	for _, d := range found {
		dirs = append(dirs, d.path)
	}
	return fmt.Errorf("%w: there are several data directories: %s; give the one to read. docker-jitsi-meet of June 2026 and later reads storage/prosody/data, and leaves what it copied that from, prosody/config/data, behind", ErrNoData, strings.Join(dirs, ", "))
}

func noneFound(path string) error {
	looked := make([]string, 0, len(places))
	for _, place := range places {
		dir := filepath.Join(path, filepath.FromSlash(place))
		if _, err := os.Stat(filepath.Join(dir, "prosody.sqlite")); err == nil {
			return fmt.Errorf("%w: %s keeps them in SQL, in prosody.sqlite; copy them into files with prosody-migrator first and give that directory", ErrNoData, dir)
		}
		looked = append(looked, dir)
	}
	return fmt.Errorf("%w: no folder <host>/accounts in any of %s; give Prosody's data directory, such as /var/lib/prosody, docker-jitsi-meet's configuration directory, such as ~/.jitsi-meet-cfg, or the folder of one host, such as /var/lib/prosody/meet%%2ejitsi", ErrNoData, strings.Join(looked, ", "))
}
