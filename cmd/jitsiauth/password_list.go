package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// passwordList is a file to which generated passwords are appended, one a line: the
// JID, a tab, the password. Only its owner can read it.
type passwordList struct {
	file  *os.File
	path  string
	fresh bool // it was not there before
	lines int
}

// openPasswordList opens the file or makes it, and refuses a link, another user's file
// and one that others can read: a directory may be for all to write.
func openPasswordList(path string) (_ *passwordList, err error) {
	l := &passwordList{path: path}
	l.file, err = os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) {
		l.fresh = true
		l.file, err = os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		return nil, err
	}
	if err := l.prepare(); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func (l *passwordList) prepare() error {
	about, err := l.file.Stat()
	if err != nil {
		return err
	}
	named, err := os.Lstat(l.path)
	switch {
	case err != nil:
		return err
	case !about.Mode().IsRegular() || !os.SameFile(named, about):
		return fmt.Errorf("%s is no file that passwords can be kept in: a device, or a link", l.path)
	case !ownFile(about):
		return fmt.Errorf("%s is another user's, and passwords are to be added to it", l.path)
	case openToOthers(about):
		return advise(fmt.Errorf("%s can be read or written by others, and passwords are to be added to it", l.path), "chmod 600 %s", l.path)
	case l.fresh:
		return syncNames(filepath.Dir(l.path))
	case about.Size() == 0:
		return nil
	}
	// A line that a crash cut off must not swallow the next.
	last := make([]byte, 1)
	if _, err := l.file.ReadAt(last, about.Size()-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = l.file.WriteString("\n")
	return err
}

// add returns once the line would survive a loss of power. It may be called of nil.
func (l *passwordList) add(jid, password string) error {
	if l == nil {
		return errors.New("no list of passwords was opened, for none was to be made")
	}
	if _, err := l.file.WriteString(jid + "\t" + password + "\n"); err != nil {
		return err
	}
	l.lines++
	return l.file.Sync()
}

// close also removes a file that was made for nothing, unless another process has
// added to it.
func (l *passwordList) close() error {
	about, err := l.file.Stat()
	empty := err == nil && about.Size() == 0
	err = errors.Join(err, l.file.Close())
	if l.fresh && l.lines == 0 && empty {
		err = errors.Join(err, os.Remove(l.path))
	}
	return err
}

// syncNames makes a new name in the directory survive a loss of power. Windows has
// no such thing.
func syncNames(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
