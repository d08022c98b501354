package prosodytest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Version names a Prosody release line, as the directory of its tree is named.
type Version string

// Versions are the release lines the Lua module supports and install.sh provides.
var Versions = []Version{"0.12", "13.0"}

// ErrNotInstalled says that Prosody or the Lua that runs it is not on this machine.
// The error around it names the place that was looked at and the command to run.
var ErrNotInstalled = errors.New("prosody is not installed: run lua/prosodytest/install.sh")

// luaProgram is what Debian's packages of both versions are compiled for.
const luaProgram = "lua5.4"

// Tree is an unpacked prosody package. It is only read, so any number of servers can
// run from one.
type Tree struct {
	Version Version
	Dir     string // absolute; holds usr/bin and usr/lib/prosody
}

// Find looks for the tree of v in $JITSIAUTH_PROSODY_DIR, or else where install.sh puts
// it: jitsiauth/prosody in the user's cache directory. Its error is ErrNotInstalled,
// wrapped with the reason.
func Find(v Version) (Tree, error) {
	root := os.Getenv("JITSIAUTH_PROSODY_DIR")
	if root == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return Tree{}, fmt.Errorf("%w (%w)", ErrNotInstalled, err)
		}
		root = filepath.Join(cache, "jitsiauth", "prosody")
	}
	dir, err := filepath.Abs(filepath.Join(root, string(v)))
	if err != nil {
		return Tree{}, fmt.Errorf("%w (%w)", ErrNotInstalled, err)
	}
	t := Tree{Version: v, Dir: dir}
	for _, bin := range []string{"prosody", "prosodyctl"} {
		if _, err := os.Stat(t.bin(bin)); err != nil {
			return Tree{}, fmt.Errorf("%w (%w)", ErrNotInstalled, err)
		}
	}
	if _, err := exec.LookPath(luaProgram); err != nil {
		return Tree{}, fmt.Errorf("%w (%w)", ErrNotInstalled, err)
	}
	return t, nil
}

// Source is the directory of Prosody's Lua files (core, net, util, modules), for tools
// that load parts of Prosody by themselves, such as busted specs.
func (t Tree) Source() string { return filepath.Join(t.Dir, "usr", "lib", "prosody") }

func (t Tree) bin(name string) string { return filepath.Join(t.Dir, "usr", "bin", name) }

// writeLauncher copies the script usr/bin/name to dir with its built-in paths, which
// are those of an installed package, replaced by the tree's and dir. Prosody has no
// option for its source directory.
func (t Tree) writeLauncher(name, dir string) (string, error) {
	script, err := os.ReadFile(t.bin(name))
	if err != nil {
		return "", err
	}
	lines := strings.Split(string(script), "\n")
	paths := map[string]string{
		"CFG_SOURCEDIR": t.Source(),
		"CFG_CONFIGDIR": dir,
		"CFG_PLUGINDIR": filepath.Join(t.Source(), "modules") + "/",
		"CFG_DATADIR":   filepath.Join(dir, "data"),
	}
	replaced := 0
	for i, line := range lines {
		key, _, _ := strings.Cut(line, "=")
		if path, ok := paths[key]; ok {
			lines[i] = key + "=" + LuaString(path) + ";"
			replaced++
		}
	}
	if replaced != len(paths) {
		return "", fmt.Errorf("%s: %d of the %d path settings found", t.bin(name), replaced, len(paths))
	}
	out := filepath.Join(dir, name)
	return out, os.WriteFile(out, []byte(strings.Join(lines, "\n")), 0o600) //nolint:gosec // the caller's own Dir
}
