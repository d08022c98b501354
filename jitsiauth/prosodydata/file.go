package prosodydata

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// maxFileBytes bounds the file of an account, which has some 300 bytes.
const maxFileBytes = 1 << 20

// readFile reads a regular file of the folder into buf, which it empties
// first. Anything else is refused and never opened, or, if it was put there
// that very moment, opened without waiting and not read.
func readFile(folder *os.Root, name string, buf *bytes.Buffer) error {
	buf.Reset()
	listed, err := folder.Lstat(name)
	if err != nil {
		return err
	}
	switch {
	case listed.Mode()&fs.ModeSymlink != 0:
		return errSymlink
	case !listed.Mode().IsRegular():
		return errNoFile
	case listed.Size() > maxFileBytes:
		return errTooBig
	}
	file, err := folder.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	opened, err := file.Stat()
	if err != nil {
		return err
	}
	if !opened.Mode().IsRegular() || opened.Size() > maxFileBytes {
		return errSwapped
	}
	n, err := buf.ReadFrom(io.LimitReader(file, maxFileBytes+1))
	switch {
	case err != nil:
		return err
	case n == 0:
		return errFileEmpty
	case n > maxFileBytes:
		return errTooBig
	}
	return nil
}
