package boltstore

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// lockHolder finds the process that has the file locked; 0 where it can't,
// as for a process of another container.
func lockHolder(path string) (pid int, command string) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, ""
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return 0, ""
	}
	for line := range strings.Lines(string(locks)) {
		pid := flockOf(line, stat.Ino)
		if pid == 0 || !mayHold(pid, info) {
			continue
		}
		name, _ := os.ReadFile(procDir(pid, "comm"))
		return pid, strings.TrimSpace(string(name))
	}
	return 0, ""
}

// flockOf returns the process of a line such as (proc(5))
//
//	1: FLOCK  ADVISORY  WRITE 1234 08:01:131074 0 EOF
//
// if that is a lock on the inode. The device is of no use: on btrfs and
// overlayfs it is another than stat tells; see mayHold.
func flockOf(line string, inode uint64) (pid int) {
	fields := strings.Fields(line)
	if len(fields) < 6 || fields[1] != "FLOCK" {
		return 0
	}
	_, number, _ := strings.Cut(fields[5], ":")
	_, number, _ = strings.Cut(number, ":")
	if number != strconv.FormatUint(inode, 10) {
		return 0
	}
	pid, err := strconv.Atoi(fields[4])
	if err != nil || pid < 1 {
		return 0
	}
	return pid
}

// mayHold reports whether the process has the file open, or can't be asked.
func mayHold(pid int, file os.FileInfo) bool {
	dir := procDir(pid, "fd")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return true
	}
	for _, entry := range entries {
		if info, err := os.Stat(filepath.Join(dir, entry.Name())); err == nil && os.SameFile(info, file) {
			return true
		}
	}
	return false
}

func procDir(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}
