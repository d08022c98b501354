package htpasswd_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/jitsiauth/htpasswd"
	_ "github.com/jitsiauth/server/jitsiauth/lowcost"
	"github.com/jitsiauth/server/jitsiauth/memstore"
)

// made is by htpasswd of Debian's apache2-utils 2.4.71-1~deb12u1, a line a kind:
// -B, -B -C 10, -B -C 12, -m, -s, -d, -2, -5 and -p. The password is always the same;
// -d reads 8 bytes of it.
const made = `alice:$2y$05$NEHsxQ/LGAMFrojJeMW4ueyv/xPYm0g63JxYhfzUd327zj8pjvuNy

bob:$2y$10$9ip3vUJJ/FuDo6V9CRAB.eZKUkVEeta9zkV4ljX8C4gw4BQh1PsDa

山田太郎:$2y$12$rIWS2uOarGVJB7aRODjng.i.c1yzNJQCOGXUnn74WcWQeMnnXAcI6

carol:$apr1$qN/x2D9I$hHKzAuxxoSAio2CE7.gzF1

dave:{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=

erin:fIdmOZ6GB33Ps

frank:$5$4tL2hDaNfWZna/Z8$Pe.avGdVFUzUafyEr.BaShExsTpEeBSFT0Q9gqR/6TD

grace:$6$.cQP6prTAS.zKL60$yzxdgZA5AIhKEoqxuna7UD6bRf7rjfxNw.QaQf0T/ma8xJueMgGVYQCDip.TXkev36gnPjtxIRaji1OKSgyyX.

heidi:correct horse

`

const password = "correct horse"

func read(t *testing.T, r io.Reader) (entries []htpasswd.Entry) {
	t.Helper()
	for e, err := range htpasswd.Entries(r) {
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	return entries
}

// What the real htpasswd wrote is read to the letter: the hashes of bcrypt fit the
// password.
func TestMade(t *testing.T) {
	var names []string
	for _, e := range read(t, strings.NewReader(made)) {
		if e.Err != nil || e.Line != 2*len(names)+1 {
			t.Errorf("%+v", e)
		}
		if strings.HasPrefix(e.Hash, "$2y$") {
			if err := bcrypt.CompareHashAndPassword([]byte(e.Hash), []byte(password)); err != nil {
				t.Errorf("%s: %v", e.Name, err)
			}
		}
		if !strings.Contains(made, e.Name+":"+e.Hash+"\n") {
			t.Errorf("%s has the hash %q", e.Name, e.Hash)
		}
		names = append(names, e.Name)
	}
	if want := strings.Fields("alice bob 山田太郎 carol dave erin frank grace heidi"); !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
}

// The domain takes what is bcrypt, and names every other kind.
func TestImported(t *testing.T) {
	service, err := jitsiauth.New(memstore.New(), jitsiauth.Options{Domains: []string{"meet.jitsi"}, BcryptCost: bcrypt.MinCost})
	if err != nil {
		t.Fatal(err)
	}
	lines := func(yield func(jitsiauth.ImportLine, error) bool) {
		for e, err := range htpasswd.Entries(strings.NewReader(made)) {
			line := jitsiauth.ImportLine{Line: e.Line, PasswordHash: e.Hash}
			line.JID, line.Err = jitsiauth.NewJID(e.Name, "meet.jitsi")
			if !yield(line, err) {
				return
			}
		}
	}
	notices := map[string]string{}
	for results, err := range service.Import(t.Context(), lines, jitsiauth.ImportOptions{WithoutPassword: true, AllowWeak: true}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.Err != nil || (r.Notice != nil) != r.NoPassword {
				t.Errorf("%+v", r)
			}
			if r.Notice != nil {
				notices[r.JID.Local()] = r.Notice.Error()
			}
			_, err := service.Verify(t.Context(), jitsiauth.Attempt{Username: r.JID.Local(), Password: password})
			if fits := err == nil; fits == r.NoPassword {
				t.Errorf("%s: %v", r.JID, err)
			}
		}
	}
	for name, kind := range map[string]string{
		"carol": "$apr1$", "dave": "{SHA}", "erin": "DES", "frank": "SHA-256-crypt", "grace": "SHA-512-crypt", "heidi": "must be a bcrypt hash",
	} {
		if !strings.Contains(notices[name], kind) {
			t.Errorf("%s: %q does not name %s", name, notices[name], kind)
		}
		delete(notices, name)
	}
	if len(notices) > 0 {
		t.Errorf("more: %q", notices)
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", htpasswd.MaxLine)
	for _, test := range []struct {
		name, text string
		want       []string // line, name and hash or a part of the error
	}{
		{"empty", "", nil},
		{"blank lines and comments", "\n \t\n# x:y\n  # x:y\n#\n", nil},
		{"no line end", "a:b", []string{"1 a b"}},
		{"CRLF", "a:b\r\n\r\nc:d\r\n", []string{"1 a b", "3 c d"}},
		{"white space around", "\t a:b \t\n", []string{"1 a b"}},
		{"white space inside", "judy smith:b c\n", []string{"1 judy smith b c"}},
		{"byte order mark", "\ufeffa:b\n", []string{"1 a b"}},
		{"byte order mark later", "a:b\n\ufeffc:d\n", []string{"1 a b", "2 \ufeffc d"}},
		{"number sign later", "a#:b#\n", []string{"1 a# b#"}},
		{"third part", "a:b:Alice A.:x\n", []string{"1 a b"}},
		{"htdigest", "a:realm:0123456789abcdef0123456789abcdef\n", []string{"1 a htdigest"}},
		{"no colon", "secret\na:b\n", []string{"1  no colon", "2 a b"}},
		{"no name", ":b\n", []string{"1  no name"}},
		{"no hash", "a:\nb::x\n", []string{"1 a no hash", "2 b no hash"}},
		{"NUL", "a\x00:b\nc:d\x00\n", []string{"1  NUL", "2  NUL"}},
		{"not UTF-8", "a\xff:b\nc:\xff\n", []string{"1  UTF-8", "2  UTF-8"}},
		{"twice", "a:b\nc:d\na:e\n", []string{"1 a b", "2 c d", "3 a earlier"}},
		{"twice when prepared", "a:b\nA:c\nａ:d\n", []string{"1 a b", "2 A earlier", "3 ａ earlier"}},
		{"twice with a domain", "a@Example.org:b\nA@example.ORG:c\na:d\n", []string{"1 a@Example.org b", "2 A@example.ORG earlier", "3 a d"}},
		{"unprepared and twice", "a b:c\na b:d\n", []string{"1 a b c", "2 a b earlier"}},
		{"too long", "a:" + long + "\nb:c\n", []string{"1  longer than 8192", "2 b c"}},
		{"too long at the end", "b:c\na:" + long, []string{"1 b c", "2  longer than 8192"}},
		{"longest", "a:" + long[:htpasswd.MaxLine-3] + "\nb:c", []string{"1 a " + long[:htpasswd.MaxLine-3], "2 b c"}},
	} {
		for way, r := range map[string]io.Reader{"": strings.NewReader(test.text), "byte by byte": iotest.OneByteReader(strings.NewReader(test.text))} {
			entries := read(t, r)
			if len(entries) != len(test.want) {
				t.Errorf("%s %s: %+v", test.name, way, entries)
				continue
			}
			for i, e := range entries {
				line, rest, _ := strings.Cut(test.want[i], " ")
				if e.Err != nil {
					reason, found := strings.CutPrefix(rest, e.Name+" ")
					if line != itoa(e.Line) || !found || e.Hash != "" || !strings.Contains(e.Err.Error(), reason) {
						t.Errorf("%s %s: %+v, want %s", test.name, way, e, test.want[i])
					}
					if strings.Contains(e.Err.Error(), "secret") {
						t.Errorf("%s: the error holds what stands there", test.name)
					}
				} else if got := itoa(e.Line) + " " + e.Name + " " + e.Hash; got != test.want[i] {
					t.Errorf("%s %s: %q, want %q", test.name, way, got, test.want[i])
				}
			}
		}
	}
}

func itoa(n int) string { return string(rune('0' + n)) }

// A file that breaks off is no end of the file.
func TestBroken(t *testing.T) {
	broken := errors.New("the disk is gone")
	var names []string
	var last error
	for e, err := range htpasswd.Entries(io.MultiReader(strings.NewReader("a:b\nc:d"), iotest.ErrReader(broken))) {
		if last = err; err == nil {
			names = append(names, e.Name)
		}
	}
	if !errors.Is(last, broken) || !slices.Equal(names, []string{"a"}) {
		t.Errorf("%q, %v: half a line is none", names, last)
	}
}

// Who breaks off the loop is left alone.
func TestBreak(t *testing.T) {
	for range htpasswd.Entries(strings.NewReader(made)) {
		break
	}
}

// Whatever the file, each entry is a line of it, in order, with a name and hash or
// with an error.
func FuzzEntries(f *testing.F) {
	f.Add([]byte(made))
	f.Add([]byte("\ufeff# c\r\n\na:b:c\r\n:x\nx:\nx\n\x00:\xff\n A:b"))
	f.Add([]byte("a:realm:0123456789abcdef0123456789abcdef\na@b:c\nＡ:x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		lines := strings.Split(string(text), "\n")
		before, names := 0, map[string]bool{}
		for e, err := range htpasswd.Entries(strings.NewReader(string(text))) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Line <= before || e.Line > len(lines) {
				t.Fatalf("line %d follows %d of %d", e.Line, before, len(lines))
			}
			before = e.Line
			if e.Err != nil {
				if e.Hash != "" {
					t.Fatalf("%+v", e)
				}
				continue
			}
			if e.Name == "" || e.Hash == "" || strings.Contains(e.Name+e.Hash, ":") || !utf8.ValidString(e.Name+e.Hash) || names[e.Name] {
				t.Fatalf("%+v", e)
			}
			if !strings.Contains(lines[e.Line-1], e.Name+":"+e.Hash) {
				t.Fatalf("%+v is not on its line", e)
			}
			names[e.Name] = true
		}
	})
}
