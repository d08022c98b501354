package prosodydata

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

const plain = "return {\n\t[\"password\"] = \"correct horse\";\n};\n"

// write makes a file below dir, with the folders on its way.
func writeFile(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t testing.TB, path string) *Directory {
	t.Helper()
	dir, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// read returns the accounts of the only host.
func read(t testing.TB, path string) (accounts []Account) {
	t.Helper()
	dir := open(t, path)
	if len(dir.Hosts()) != 1 {
		t.Fatalf("hosts %+v, want one", dir.Hosts())
	}
	for a, err := range dir.Accounts(dir.Hosts()[0]) {
		if err != nil {
			t.Fatal(err)
		}
		accounts = append(accounts, a)
	}
	if n, err := dir.Count(dir.Hosts()[0]); n != len(accounts) || err != nil {
		t.Fatalf("%d accounts were counted, %d were read (%v)", n, len(accounts), err)
	}
	return accounts
}

// describe is a line for each account.
func describe(accounts []Account) string {
	var b strings.Builder
	for _, a := range accounts {
		fmt.Fprintf(&b, "%s|%s|%s|%v\n", a.File, a.JID, a.Password, a.Err)
	}
	return b.String()
}

// Whatever lies in the folder, the good files are read, in order.
func TestAccounts(t *testing.T) {
	data := t.TempDir()
	put := func(name, text string) { writeFile(t, data, "meet%2ejitsi/accounts/"+name, text) }
	for _, name := range []string{"zoe", "alice", "%e5%b1%b1", "a%2eb", "bob"} {
		put(name+".dat", plain)
	}
	for _, name := range []string{"alice.dat~", "alice.dat.tmp", "alice.list", "alice.lidx", "dat", "README"} {
		put(name, "no account")
	}
	put("BIG.dat", plain)
	put("a.b.dat", plain)
	put("%2E.dat", plain)
	put(".dat", plain)
	put("%20.dat", plain)
	put("%ff.dat", plain)
	put("stra%c3%9fe.dat", plain)
	put("\x1b[2J.dat", plain)
	put("empty.dat", "")
	put("cut.dat", plain[:30])
	put("removed.dat", "return {};\n")
	put("code.dat", "return {\n\t[\"password\"] = os.execute(\"true\");\n};\n")
	put("half.dat", "return {\n\t[\"salt\"] = \"x\";\n};\n")
	got := describe(read(t, data))
	want := `accounts/%20.dat||| accounts/%20.dat: username: must not contain spaces or any of " & ' / : < > @
accounts/%2E.dat||| accounts/%2E.dat: the name is not as Prosody writes names: only letters and digits as they are, any other byte as % and two hexadecimal digits in lower case
accounts/%e5%b1%b1.dat|山@meet.jitsi|correct horse|<nil>
accounts/%ff.dat||| accounts/%ff.dat: username: must be valid UTF-8
accounts/BIG.dat||| accounts/BIG.dat: is no name that Prosody lets anybody log in with: its prepared form differs
accounts/a%2eb.dat|a.b@meet.jitsi|correct horse|<nil>
accounts/a.b.dat||| accounts/a.b.dat: the name is not as Prosody writes names: only letters and digits as they are, any other byte as % and two hexadecimal digits in lower case
accounts/alice.dat|alice@meet.jitsi|correct horse|<nil>
accounts/bob.dat|bob@meet.jitsi|correct horse|<nil>
accounts/code.dat|code@meet.jitsi||accounts/code.dat:2:17: a string, number, true, false, nil or table must stand here
accounts/cut.dat|cut@meet.jitsi||accounts/cut.dat:2:22: the file ends in the middle of a string
accounts/empty.dat|empty@meet.jitsi||accounts/empty.dat: is empty, as a crash can leave it
accounts/half.dat|half@meet.jitsi||accounts/half.dat: iteration_count must be there, because other parts of a SCRAM record are
accounts/removed.dat|removed@meet.jitsi||accounts/removed.dat: holds nothing, as Prosody leaves it when it removes an account
accounts/stra%c3%9fe.dat||| accounts/stra%c3%9fe.dat: is no name that Prosody lets anybody log in with: its prepared form differs
accounts/zoe.dat|zoe@meet.jitsi|correct horse|<nil>
`
	want = strings.ReplaceAll(want, "||| ", "|||")
	want = "accounts/\x1b[2J.dat|||\"accounts/\\x1b[2J.dat\": the name is not as Prosody writes names: only letters and digits as they are, any other byte as % and two hexadecimal digits in lower case\n" + want
	if got != want {
		t.Errorf("read\n%s\nwant\n%s", got, want)
	}
}

// A file that was cut off, anywhere, is no account, and no other one either.
func TestCutAtEveryByte(t *testing.T) {
	for _, file := range fixtures(t) {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for n := range whole {
			parsed, err := parse(whole[:n])
			if err == nil {
				t.Fatalf("%s, the first %d of %d bytes, is %v", file, n, len(whole), parsed)
			}
		}
		if _, err := parse(whole); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// Any byte changed is an error, another record or the same, but no crash.
func TestChangedBytes(t *testing.T) {
	for _, file := range fixtures(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range text {
			for _, other := range []byte{0, '\n', '"', '\\', '}', ']', '0', 0xff, c ^ 1, c ^ 0x20} {
				text[i] = other
				if parsed, err := parse(text); err == nil {
					_ = record{parsed}.fill(new(Account))
				}
			}
			text[i] = c
		}
	}
}

// fixtures are what "go test ./lua -run TestOwnData -keep-data jitsiauth/prosodydata/testdata"
// (with an absolute path) got from prosodyctl of both versions: internal_hashed
// with SHA-1, with SHA-256, and internal_plain.
func fixtures(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*", "*", "accounts", "*.dat"))
	if err != nil || len(files) < 30 {
		t.Fatal(files, err)
	}
	return files
}

func TestFixtures(t *testing.T) {
	for version, accounts := range map[string]int{"0.12": 5, "13.0": 6} {
		dir := open(t, filepath.Join("testdata", version))
		var hosts []string
		for _, host := range dir.Hosts() {
			hosts = append(hosts, host.Name)
			n := 0
			for a, err := range dir.Accounts(host) {
				if err != nil || a.Err != nil {
					t.Fatal(err, a.Err)
				}
				if n++; a.Password == "" == (a.PasswordHash == "") || a.Created.IsZero() != (version == "0.12") || a.Disabled != (a.JID.Local() == "leaver") {
					t.Errorf("%s: %+v", version, a)
				}
			}
			if n != accounts {
				t.Errorf("%s: %d accounts in %s, want %d", version, n, host.Name, accounts)
			}
		}
		if fmt.Sprint(hosts) != "[meet.jitsi plain.meet.jitsi sha256.meet.jitsi]" {
			t.Errorf("%s: hosts %v", version, hosts)
		}
	}
}

// What is huge costs no memory, and does not keep others from being read.
func TestHostileSizes(t *testing.T) {
	data := t.TempDir()
	folder := "meet%2ejitsi/accounts/"
	writeFile(t, data, folder+"good.dat", plain)
	writeFile(t, data, folder+"limit.dat", "return {password=\""+strings.Repeat("a", maxFileBytes-len("return {password=\"\"};\n"))+"\"};\n")
	writeFile(t, data, folder+"long.dat", "return {password=\""+strings.Repeat("a", 10<<20)+"\"};\n")
	writeFile(t, data, folder+"deep.dat", "return "+strings.Repeat("{", maxFileBytes-10))
	writeFile(t, data, folder+"many.dat", "return {"+strings.Repeat("{},", 300_000)+"};\n")
	sparse := writeFile(t, data, folder+"sparse.dat", "return {")
	if err := os.Truncate(sparse, 100<<30); err != nil {
		t.Logf("no sparse file here: %v", err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	accounts := read(t, data)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 32<<20 {
		t.Errorf("%d MiB were allocated", got>>20)
	}
	for _, a := range accounts {
		want := map[string]error{"long": errTooBig, "deep": errDepth, "many": errItems, "sparse": errTooBig}[a.JID.Local()]
		if !errors.Is(a.Err, want) {
			t.Errorf("%s: %v, want %v", a.File, a.Err, want)
		}
	}
	if len(accounts) != 6 {
		t.Errorf("%d accounts, want 6", len(accounts))
	}
}

func TestErrors(t *testing.T) {
	data := t.TempDir()
	writeFile(t, data, "meet%2ejitsi/accounts/alice.dat", plain)
	dir := open(t, data)
	host := dir.Hosts()[0]
	if err := os.RemoveAll(host.Dir); err != nil {
		t.Fatal(err)
	}
	n := 0
	for a, err := range dir.Accounts(host) {
		if n++; !errors.Is(err, fs.ErrNotExist) || a != (Account{}) {
			t.Errorf("of a host that is gone: %+v, %v", a, err)
		}
	}
	if n != 1 {
		t.Errorf("%d results of a host that is gone, want 1", n)
	}
	var file *FileError
	writeFile(t, data, "meet%2ejitsi/accounts/Bob.dat", plain)
	writeFile(t, data, "meet%2ejitsi/accounts/a%26b.dat", plain)
	for _, a := range read(t, data) {
		if !errors.As(a.Err, &file) || file.File != a.File {
			t.Errorf("%s: %v is no *FileError of it", a.File, a.Err)
		}
		if a.File == "accounts/a%26b.dat" && !errors.Is(a.Err, jitsiauth.ErrInvalid) {
			t.Errorf("%v does not say which rule of names it is", a.Err)
		}
	}
}

// A file that is gone by its turn is the account of nobody; one that Prosody
// replaced is read as it is then.
func TestWhileProsodyRuns(t *testing.T) {
	data := t.TempDir()
	for _, name := range []string{"a", "b", "c", "d"} {
		writeFile(t, data, "meet%2ejitsi/accounts/"+name+".dat", plain)
	}
	dir := open(t, data)
	var got []Account
	for a, err := range dir.Accounts(dir.Hosts()[0]) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, a); len(got) > 1 {
			continue
		}
		if err := os.Remove(filepath.Join(dir.Hosts()[0].Dir, "accounts", "b.dat")); err != nil {
			t.Fatal(err)
		}
		writeFile(t, data, "meet%2ejitsi/accounts/c.dat", "return {password=\"new\"};\n")
	}
	want := "accounts/a.dat|a@meet.jitsi|correct horse|<nil>\naccounts/c.dat|c@meet.jitsi|new|<nil>\naccounts/d.dat|d@meet.jitsi|correct horse|<nil>\n"
	if describe(got) != want {
		t.Errorf("read\n%s\nwant\n%s", describe(got), want)
	}
}

// Ten thousand accounts come in order, and each costs as little as one does in
// a small folder.
func TestManyAccounts(t *testing.T) {
	text, err := os.ReadFile("testdata/13.0/meet%2ejitsi/accounts/alice.dat")
	if err != nil {
		t.Fatal(err)
	}
	perAccount := func(count int) (allocations, bytes float64) {
		data := t.TempDir()
		for i := range count {
			writeFile(t, data, fmt.Sprintf("meet%%2ejitsi/accounts/user%06d.dat", (i*7919)%count), string(text))
		}
		dir := open(t, data)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		next := 0
		for a, err := range dir.Accounts(dir.Hosts()[0]) {
			if want := fmt.Sprintf("user%06d", next); err != nil || a.Err != nil || a.JID.Local() != want {
				t.Fatalf("%+v, %v; want %s", a, err, want)
			}
			next++
		}
		runtime.ReadMemStats(&after)
		if next != count {
			t.Fatalf("%d accounts of %d", next, count)
		}
		return float64(after.Mallocs-before.Mallocs) / float64(count), float64(after.TotalAlloc-before.TotalAlloc) / float64(count)
	}
	fewAllocations, fewBytes := perAccount(100)
	allocations, bytes := perAccount(10_000)
	t.Logf("an account: %.0f allocations of %.0f bytes together (of 100: %.0f, %.0f)", allocations, bytes, fewAllocations, fewBytes)
	if allocations > 120 || allocations > fewAllocations*1.2 || bytes > 8<<10 || bytes > fewBytes*1.2 {
		t.Errorf("an account of 10,000 takes %.0f allocations of %.0f bytes, one of 100 takes %.0f of %.0f", allocations, bytes, fewAllocations, fewBytes)
	}
}

func BenchmarkAccounts(b *testing.B) {
	data := b.TempDir()
	text, err := os.ReadFile("testdata/13.0/meet%2ejitsi/accounts/alice.dat")
	if err != nil {
		b.Fatal(err)
	}
	const count = 1000
	for i := range count {
		writeFile(b, data, fmt.Sprintf("meet%%2ejitsi/accounts/user%d.dat", i), string(text))
	}
	dir := open(b, data)
	start := time.Now()
	for b.Loop() {
		for _, err := range dir.Accounts(dir.Hosts()[0]) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(count*b.N)/time.Since(start).Seconds(), "accounts/s")
}
