package prosodydata_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jitsiauth/server/jitsiauth/prosodydata"
)

// packed makes an archive of files with these names, in their order.
func packed(t testing.TB, files ...tar.Header) []byte {
	t.Helper()
	var archive bytes.Buffer
	out := tar.NewWriter(&archive)
	for _, h := range files {
		content := []byte(h.Linkname)
		if h.Typeflag == 0 {
			h.Typeflag, h.Linkname, h.Size = tar.TypeReg, "", int64(len(content))
		}
		h.Mode = 0o600
		if err := out.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := out.Write(content); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

// file is one of an archive; its content stands in Linkname until it is packed.
func file(name, content string) tar.Header { return tar.Header{Name: name, Linkname: content} }

const plainRecord = "return {\n\t[\"password\"] = \"correct horse\";\n};\n"

// read returns what became of each file, by its name, and the last error.
func read(archive []byte) (map[string]prosodydata.Account, error) {
	all := map[string]prosodydata.Account{}
	for a, err := range prosodydata.Tar(bytes.NewReader(archive)) {
		if err != nil {
			return all, err
		}
		all[a.File] = a
	}
	return all, nil
}

// An archive holds what the directory holds.
func TestTarIsTheDirectory(t *testing.T) {
	for _, version := range []string{"0.12", "13.0"} {
		root := filepath.Join("testdata", version)
		var archive bytes.Buffer
		out := tar.NewWriter(&archive)
		if err := out.AddFS(os.DirFS(root)); err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		dir, err := prosodydata.Open(root)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]prosodydata.Account{}
		for _, host := range dir.Hosts() {
			for a, err := range dir.Accounts(host) {
				if err != nil {
					t.Fatal(err)
				}
				a.File = filepath.Base(host.Dir) + "/" + a.File
				want[a.File] = a
			}
		}
		got, err := read(archive.Bytes())
		if err != nil || len(want) == 0 || !maps.Equal(got, want) {
			t.Errorf("%s:\n got %v, %v\nwant %v", version, got, err, want)
		}
	}
}

func TestTarFiles(t *testing.T) {
	got, err := read(packed(t,
		file("./data/meet%2ejitsi/accounts/alice.dat", plainRecord),
		file("data/meet%2ejitsi/accounts/b%6fb.dat", plainRecord),
		file("data/Meet/accounts/cyd.dat", plainRecord),
		file("data/meet%2ejitsi/accounts/dan.dat", "return {"),
		file("data/meet%2ejitsi/accounts/empty.dat", ""),
		file("data/meet%2ejitsi/accounts/big.dat", strings.Repeat("x", 1<<20+1)),
		tar.Header{Name: "data/meet%2ejitsi/accounts/link.dat", Typeflag: tar.TypeSymlink, Linkname: "/etc/shadow"},
		tar.Header{Name: "data/meet%2ejitsi/accounts/pipe.dat", Typeflag: tar.TypeFifo},
		file("data/meet%2ejitsi/accounts/alice.dat~", "old"),
		file("data/meet%2ejitsi/accounts/.dat", plainRecord),
		file("data/meet%2ejitsi/roster/alice.dat", "return {}"),
		file("accounts/alice.dat", plainRecord),
		file("data/meet%2ejitsi/accounts/../../../other/x.dat", plainRecord),
	))
	if err != nil {
		t.Fatal(err)
	}
	wrong := map[string]string{
		"b%6fb": "as Prosody writes names", "cyd": "prepared form differs", "dan": "dat:1:9", "empty": "is empty", "big": "is bigger",
		"link": "symbolic link", "pipe": "no regular file",
	}
	names := slices.Sorted(maps.Keys(got))
	if len(names) != len(wrong)+1 {
		t.Errorf("%q", names)
	}
	for _, name := range names {
		a, rule := got[name], wrong[strings.TrimSuffix(filepath.Base(name), ".dat")]
		if (a.Err == nil) != (rule == "") || a.Err != nil && !strings.Contains(a.Err.Error(), rule) {
			t.Errorf("%s: %v, want %q", name, a.Err, rule)
		}
		if broken, ok := errors.AsType[*prosodydata.FileError](a.Err); a.Err != nil && (!ok || broken.File != name) {
			t.Errorf("%s: %#v", name, a.Err)
		}
	}
	if a := got["data/meet%2ejitsi/accounts/alice.dat"]; a.Password != "correct horse" || a.JID.String() != "alice@meet.jitsi" {
		t.Errorf("%+v", a)
	}
}

func TestTarAsAWhole(t *testing.T) {
	good := file("a/meet%2ejitsi/accounts/alice.dat", plainRecord)
	if got, err := read(packed(t, good, file("b/meet%2ejitsi/accounts/bob.dat", plainRecord))); err == nil || len(got) != 1 || !strings.Contains(err.Error(), "two folders") {
		t.Errorf("%v, %v", got, err)
	}
	for name, archive := range map[string][]byte{
		"empty": packed(t), "of a host": packed(t, file("accounts/alice.dat", plainRecord)), "of nothing": packed(t, file("x/y", "z")),
	} {
		if got, err := read(archive); !errors.Is(err, prosodydata.ErrNoData) || len(got) != 0 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := read([]byte("\x1f\x8b\x08 and more")); err == nil || !strings.Contains(err.Error(), "compressed") {
		t.Error(err)
	}
	// As "tar -u" adds what is newer; which of them counts is not for us to guess.
	if got, err := read(packed(t, good, file("a/meet%2ejitsi/accounts/bob.dat", plainRecord), good)); err == nil || len(got) != 2 || !strings.Contains(err.Error(), "twice") {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := read([]byte(strings.Repeat("no archive ", 100))); err == nil {
		t.Error("taken for an archive")
	}
	whole := packed(t, good)
	for cut := range len(whole) {
		got, err := read(whole[:cut])
		for _, a := range got {
			if a.Err == nil && a.Password != "correct horse" {
				t.Errorf("cut at %d: %+v", cut, a)
			}
		}
		if cut > 0 && cut < 512 && err == nil {
			t.Errorf("cut at %d: no error", cut)
		}
	}
	for a := range prosodydata.Tar(bytes.NewReader(packed(t, good, file("a/meet%2ejitsi/accounts/bob.dat", plainRecord)))) {
		if a.Err != nil {
			t.Error(a.Err)
		}
		break // and nothing goes on behind it
	}
}

func FuzzTar(f *testing.F) {
	f.Add(packed(f, file("a/meet%2ejitsi/accounts/alice.dat", plainRecord)))
	f.Fuzz(func(t *testing.T, archive []byte) {
		for a, err := range prosodydata.Tar(bytes.NewReader(archive)) {
			if err == nil && a.Err == nil && (a.JID.IsZero() || a.File == "") {
				t.Errorf("%+v", a)
			}
		}
	})
}
