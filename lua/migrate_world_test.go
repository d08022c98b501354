package lua_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/lua/prosodytest"
)

// ownWay is how a Prosody keeps passwords by itself, and what becomes of them in
// an import.
type ownWay struct {
	name     string
	options  string // of its host
	imported string // how the stored form of a password of up to 72 bytes begins
	kind     string // what password_kind says of it
	long     string // like imported, of a longer password
}

var ownWays = []ownWay{
	{"internal_hashed SHA-1", "", "SCRAM-SHA-1$10000:", "scram", "SCRAM-SHA-1$10000:"},
	{"internal_hashed SHA-256", `password_hash = "SHA-256"`, "SCRAM-SHA-256$10000:", "scram", "SCRAM-SHA-256$10000:"},
	{"internal_plain", `authentication = "internal_plain"`, "$2a$10$", "imported", "SCRAM-SHA-256$10000:"},
}

// settler is somebody whose account a Prosody made.
type settler struct {
	pair
	local    string // the prepared name
	disabled bool
}

// long says that bcrypt can't read all of the password.
func (s settler) long() bool { return len(prepared(s.password)) > jitsiauth.MaxPasswordBytes }

func prepared(password string) string {
	p, err := jitsiauth.PreparePassword(password)
	if err != nil {
		return ""
	}
	return p
}

// near are passwords that are almost the settler's: one letter more, what bcrypt
// would read of a long one, and the other case.
func (s settler) near(t *testing.T) (near []string) {
	t.Helper()
	right := prepared(s.password)
	last, _ := utf8.DecodeLastRuneInString(right)
	more := right + string(last)
	if prepared(more) == "" { // longer than Prosody takes
		more = right[1:]
	}
	near = append(near, more)
	if s.long() {
		near = append(near, right[:jitsiauth.MaxPasswordBytes])
	}
	if other := strings.Map(otherCase, right); other != right {
		near = append(near, other)
	}
	for _, wrong := range near {
		if prepared(wrong) == "" || prepared(wrong) == right {
			t.Fatalf("%s: %q is no other password", s.name, wrong)
		}
	}
	return near
}

func otherCase(r rune) rune {
	if unicode.IsUpper(r) {
		return unicode.ToLower(r)
	}
	return unicode.ToUpper(r)
}

// migrants are the pairs of the grid and more long passwords, each with a name of
// its own.
func migrants() (all []settler) {
	more := []pair{
		{name: "76 bytes of emoji", username: "emoji19", password: strings.Repeat("🍣", 19)},
		{name: "long when prepared", username: "ligatures", password: strings.Repeat("ﷺ", 4)}, // 18 letters each
	}
	taken := map[string]bool{}
	for _, p := range slices.Concat(grid, more) {
		local, _ := jitsiauth.PrepareLocal(p.username)
		for local != "" && taken[local] {
			p.username += "2"
			local, _ = jitsiauth.PrepareLocal(p.username)
		}
		taken[local] = true
		all = append(all, settler{pair: p, local: local})
	}
	return all
}

// nobodys are accounts that prosodyctl makes and no Prosody lets anybody in to:
// without a name, or with an empty password.
var nobodys = []string{"invisible name", "empty name", "empty password"}

// settle has prosodyctl make the accounts, of names and passwords as people type
// them, and fails the test unless it refuses just those that it is known to. It
// returns those that somebody can log in to.
func settle(t *testing.T, own *prosodytest.Server) (made []settler) {
	t.Helper()
	for _, s := range migrants() {
		if s.cut { // a NUL can't be an argument
			continue
		}
		nobodys := slices.Contains(nobodys, s.name)
		refused := !nobodys && (s.unstorable || s.local == "" || prepared(s.password) == "")
		err := own.Register(limit(t), s.username, own.Domain, s.password)
		if (err != nil) != refused {
			t.Errorf("%s: prosodyctl says %v; want a refusal: %v", s.name, err, refused)
		}
		if err == nil && !nobodys {
			made = append(made, s)
		}
	}
	if len(made) < 25 {
		t.Errorf("prosodyctl made %d accounts, and the grid has more", len(made))
	}
	return made
}

// disable disables one more account, by the shell of a Prosody that has such a
// command for how it keeps passwords, or in the file.
func (way ownWay) disable(t *testing.T, own *prosodytest.Server) (made []settler) {
	t.Helper()
	if own.Tree.Version == "0.12" { // knows no such thing
		return nil
	}
	s := settler{pair: pair{name: "disabled", username: "leaver", password: "correct horse"}, local: "leaver", disabled: true}
	if err := own.Register(limit(t), s.username, own.Domain, s.password); err != nil {
		t.Fatal(err)
	}
	if way.name == "internal_plain" {
		setDisabled(t, filepath.Join(own.Dir, "data", "meet%2ejitsi", "accounts", "leaver.dat"))
	} else if _, err := own.Ctl(limit(t), "shell", "user", "disable", "leaver@"+own.Domain); err != nil {
		t.Fatal(err)
	}
	return []settler{s}
}

// prosodyDir is a directory for more than one Prosody, one after the other.
func prosodyDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "prosody-") // t.TempDir() is too long for its socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// importProsody runs the command on a directory of Prosody's and wants this summary of
// it. The account without a name, which prosodyctl makes, is none.
func (w *world) importProsody(dir, summary string, flags ...string) {
	w.t.Helper()
	_, stderr, err := w.service.CLI(limit(w.t), "", append([]string{"import", "prosody", dir}, flags...)...)
	if err != nil {
		w.t.Error(err)
	}
	for _, want := range []string{"auth.meet.jitsi", summary} {
		if !strings.Contains(stderr, want) {
			w.t.Errorf("no %q in: %s", want, stderr)
		}
	}
}

// importLines makes accounts.
func importLines(t *testing.T, c *client.Client, lines ...api.ImportLine) {
	t.Helper()
	var body bytes.Buffer
	for _, line := range lines {
		if err := json.NewEncoder(&body).Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	for result, err := range c.Import(limit(t), &body, api.NDJSONType, api.ImportQuery{}) {
		if err != nil {
			t.Fatal(err)
		}
		if result.Summary == nil && result.Result != api.ImportCreated {
			t.Errorf("%+v", result)
		}
	}
}

// stored is what the service keeps, by the local part of the name.
func (w *world) stored() map[string]api.ExportedUser {
	w.t.Helper()
	all := map[string]api.ExportedUser{}
	for u, err := range w.client().ExportUsers(limit(w.t), true) {
		if err != nil {
			w.t.Fatal(err)
		}
		local, _, _ := strings.Cut(u.JID, "@")
		all[local] = u
	}
	return all
}
