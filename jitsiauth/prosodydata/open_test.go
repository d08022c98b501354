package prosodydata

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whichever folder of the set-ups that there are is given, the same directory
// is found.
func TestOpen(t *testing.T) {
	for _, c := range []struct{ data, given string }{
		{"var/lib/prosody", "var/lib/prosody"},
		{"cfg/prosody/config/data", "cfg"},
		{"cfg/prosody/config/data", "cfg/prosody"},
		{"cfg/prosody/config/data", "cfg/prosody/config"},
		{"cfg/prosody/config/data", "cfg/prosody/config/data"},
		{"cfg/storage/prosody/data", "cfg"},
		{"cfg/storage/prosody/data", "cfg/storage"},
		{"cfg/storage/prosody/data", "cfg/storage/prosody"},
		{"cfg/storage/prosody/data", "cfg/storage/prosody/data"},
	} {
		root := realTemp(t)
		data := filepath.Join(root, c.data)
		for _, name := range []string{
			"meet%2ejitsi/accounts/alice.dat", "auth%2emeet%2ejitsi/accounts/focus.dat", "meet%2ejitsi/roster/alice.dat",
			"guest%2emeet%2ejitsi/roster/x.dat", "_global/x.dat", "accounts.dat", "plain/accounts",
		} {
			writeFile(t, data, name, plain)
		}
		for _, name := range []string{"cfg/web/letsencrypt/x", "cfg/jvb/x", "cfg/prosody/prosody-plugins-custom/mod_auth_http.lua"} {
			writeFile(t, root, name, "")
		}
		dir, err := Open(filepath.Join(root, c.given))
		if err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		want := []Host{
			{Name: "auth.meet.jitsi", Dir: filepath.Join(data, "auth%2emeet%2ejitsi"), below: "auth%2emeet%2ejitsi"},
			{Name: "meet.jitsi", Dir: filepath.Join(data, "meet%2ejitsi"), below: "meet%2ejitsi"},
		}
		if fmt.Sprint(dir.Hosts()) != fmt.Sprint(want) || dir.Path() != data {
			t.Errorf("%+v: %s, %+v, want %+v", c, dir.Path(), dir.Hosts(), want)
		}
	}
}

// realTemp is a temporary directory without links in its path.
func realTemp(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestOpenOneHost(t *testing.T) {
	data := realTemp(t)
	writeFile(t, data, "meet%2ejitsi/accounts/alice.dat", plain)
	writeFile(t, data, "auth%2emeet%2ejitsi/accounts/focus.dat", plain)
	folder := filepath.Join(data, "meet%2ejitsi")
	dir := open(t, folder+"/")
	if hosts := dir.Hosts(); len(hosts) != 1 || hosts[0].Name != "meet.jitsi" || hosts[0].Dir != folder || dir.Path() != folder {
		t.Errorf("%s, %+v", dir.Path(), hosts)
	}
	if got := describe(read(t, folder)); got != "accounts/alice.dat|alice@meet.jitsi|correct horse|<nil>\n" {
		t.Errorf("read %s", got)
	}
	t.Chdir(folder)
	if got := describe(read(t, ".")); got != "accounts/alice.dat|alice@meet.jitsi|correct horse|<nil>\n" {
		t.Errorf("read from the working directory: %s", got)
	}
	// A host may have the name of a folder of ours.
	data = realTemp(t)
	writeFile(t, data, "accounts/accounts/alice.dat", plain)
	if got := describe(read(t, data)); got != "accounts/alice.dat|alice@accounts|correct horse|<nil>\n" {
		t.Errorf("read of the host \"accounts\": %s", got)
	}
}

// An error says where was looked and what to give.
func TestOpenRefuses(t *testing.T) {
	root := realTemp(t)
	old := filepath.Dir(filepath.Dir(filepath.Dir(writeFile(t, root, "cfg/prosody/config/data/meet%2ejitsi/accounts/alice.dat", plain))))
	now := filepath.Dir(filepath.Dir(filepath.Dir(writeFile(t, root, "cfg/storage/prosody/data/meet%2ejitsi/accounts/alice.dat", plain))))
	file := writeFile(t, root, "file", plain)
	writeFile(t, root, "sql/prosody.sqlite", "")
	writeFile(t, root, "guests/guest%2emeet%2ejitsi/roster/x.dat", "")
	for given, wants := range map[string][]string{
		filepath.Join(root, "cfg"):    {old + ", " + now, "give the one to read"},
		filepath.Join(root, "guests"): {filepath.Join(root, "guests", "storage", "prosody", "data"), "/var/lib/prosody", "~/.jitsi-meet-cfg", "meet%2ejitsi"},
		filepath.Join(root, "sql"):    {"prosody.sqlite", "prosody-migrator"},
		file:                          {"is no directory", "/var/lib/prosody"},
	} {
		dir, err := Open(given)
		if !errors.Is(err, ErrNoData) {
			t.Errorf("Open(%s) is %v, %v, want ErrNoData", given, dir, err)
			continue
		}
		for _, want := range wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("Open(%s) says %q, without %q", given, err, want)
			}
		}
	}
	if _, err := Open(filepath.Join(root, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of what is not there: %v", err)
	}
	// Two ways to one directory are one.
	if err := errors.Join(os.RemoveAll(old), os.Symlink(now, old)); err != nil {
		t.Skip(err)
	}
	if dir := open(t, filepath.Join(root, "cfg")); len(dir.Hosts()) != 1 {
		t.Errorf("with a link: %+v", dir)
	}
}

// A folder that Prosody would not look at is a host with an error.
func TestHostErrors(t *testing.T) {
	data := realTemp(t)
	for _, folder := range []string{"meet%2ejitsi", "meet.jitsi", "meet%2Ejitsi", "meet%2ejitsi%2ebak", "MEET", "a%20b", "meet%2ejitsi.bak"} {
		writeFile(t, data, folder+"/accounts/alice.dat", plain)
	}
	if err := os.Symlink(filepath.Join(data, "meet%2ejitsi"), filepath.Join(data, "link")); err != nil {
		t.Skip(err)
	}
	dir := open(t, data)
	got := map[string]bool{}
	for _, host := range dir.Hosts() {
		got[filepath.Base(host.Dir)] = host.Err == nil
		if host.Err == nil {
			continue
		}
		var file *FileError
		if !errors.As(host.Err, &file) || file.File != filepath.Base(host.Dir) {
			t.Errorf("%s: %v", host.Dir, host.Err)
		}
		if _, err := dir.Count(host); !errors.Is(err, host.Err) {
			t.Errorf("%s: counted, %v", host.Dir, err)
		}
		n := 0
		for a, err := range dir.Accounts(host) {
			if n++; !errors.Is(err, host.Err) || a != (Account{}) {
				t.Errorf("%s: %+v, %v", host.Dir, a, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d results, want the error alone", host.Dir, n)
		}
	}
	want := "map[MEET:false a%20b:false link:false meet%2Ejitsi:false meet%2ejitsi:true meet%2ejitsi%2ebak:true meet%2ejitsi.bak:false meet.jitsi:false]"
	if fmt.Sprint(got) != want {
		t.Errorf("usable hosts\n%v, want\n%s", got, want)
	}
}
