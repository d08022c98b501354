package lua_test

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"hash"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/jitsiauth/prosodydata"
	"github.com/jitsiauth/server/lua/prosodytest"
)

var keepData = flag.String("keep-data", "", "copy the accounts that the Prosodys of TestOwnData make below this `directory`")

// ownHosts keep accounts in each way that Prosody has by itself.
const ownHosts = `
VirtualHost "sha256.meet.jitsi"
	password_hash = "SHA-256"
	default_iteration_count = 4096
VirtualHost "plain.meet.jitsi"
	authentication = "internal_plain"
`

// ownUsers are what prosodyctl and each host's login take.
var ownUsers = []pair{
	{username: "alice", password: "correct horse"},
	{username: "山田太郎", password: "正しい馬"},
	{username: "a.b_c-d+e=f~g!h#i$j%k^l*(m)", password: `"<&>'/@:\%`},
	{username: "kana25", password: strings.Repeat("あ", 25)},
	{username: "spaces", password: "  a b  "},
}

// TestOwnData: what a real Prosody keeps is read, with the right passwords.
func TestOwnData(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		t.Parallel()
		s := prosodytest.StartTest(t, prosodytest.Config{Version: v, ExtraHosts: ownHosts})
		hosts := []string{"meet.jitsi", "plain.meet.jitsi", "sha256.meet.jitsi"}
		for _, host := range hosts {
			for _, u := range ownUsers {
				if err := s.Register(limit(t), u.username, host, u.password); err != nil {
					t.Fatal(err)
				}
			}
		}
		disabled := disableOne(t, s)
		data := filepath.Join(s.Dir, "data")
		keep(t, data, string(v))
		dir, err := prosodydata.Open(data)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, host := range dir.Hosts() {
			found = append(found, host.Name)
			accounts := readAll(t, dir, host)
			if want := len(ownUsers) + disabled; len(accounts) != want {
				t.Errorf("%s has %d accounts, want %d", host.Name, len(accounts), want)
			}
			for _, u := range ownUsers {
				checkOwn(t, accounts[u.username], host.Name, u.password, v)
			}
			if a, ok := accounts["leaver"]; ok && (!a.Disabled || a.Err != nil) {
				t.Errorf("%s, who was disabled, is read as %+v", a.JID, a)
			}
		}
		if strings.Join(found, " ") != strings.Join(hosts, " ") {
			t.Errorf("hosts %q, want %q", found, hosts)
		}
	})
}

// disableOne makes an account that is disabled in each host, where Prosody knows
// that: since 13.0.
func disableOne(t *testing.T, s *prosodytest.Server) int {
	t.Helper()
	if s.Tree.Version == "0.12" {
		return 0
	}
	for _, host := range []string{"meet.jitsi", "plain.meet.jitsi", "sha256.meet.jitsi"} {
		if err := s.Register(limit(t), "leaver", host, "correct horse"); err != nil {
			t.Fatal(err)
		}
		// internal_plain has no command for it
		if host == "plain.meet.jitsi" {
			setDisabled(t, filepath.Join(s.Dir, "data", "plain%2emeet%2ejitsi", "accounts", "leaver.dat"))
			continue
		}
		if _, err := s.Ctl(limit(t), "shell", "user", "disable", "leaver@"+host); err != nil {
			t.Fatal(err)
		}
	}
	return 1
}

func setDisabled(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(string(text), "{", "{\n\t[\"disabled\"] = true;", 1))
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// keep copies the accounts of the hosts to where they are asked for.
func keep(t *testing.T, data, version string) {
	t.Helper()
	if *keepData == "" {
		return
	}
	files, err := filepath.Glob(filepath.Join(data, "*", "accounts", "*.dat"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(*keepData, version, strings.TrimPrefix(file, data))
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, text, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}

// readAll returns the accounts by their local parts.
func readAll(t *testing.T, dir *prosodydata.Directory, host prosodydata.Host) map[string]prosodydata.Account {
	t.Helper()
	accounts := map[string]prosodydata.Account{}
	for a, err := range dir.Accounts(host) {
		if err != nil {
			t.Fatal(err)
		}
		if a.Err != nil {
			t.Error(a.Err)
		}
		accounts[a.JID.Local()] = a
	}
	return accounts
}

func checkOwn(t *testing.T, a prosodydata.Account, host, password string, v prosodytest.Version) {
	t.Helper()
	switch {
	case a.JID.Domain() != host || a.Disabled:
		t.Errorf("account %+v in %s", a, host)
	case a.Created.IsZero() != (v == "0.12") || a.Updated.IsZero() != (v == "0.12"):
		t.Errorf("%s by %s: created %s, updated %s", a.JID, v, a.Created, a.Updated)
	case v != "0.12" && time.Since(a.Created).Abs() > time.Hour:
		t.Errorf("%s: created %s", a.JID, a.Created)
	}
	if host == "plain.meet.jitsi" {
		if a.Password != password || a.PasswordHash != "" {
			t.Errorf("%s: password %q, hash %q; want %q alone", a.JID, a.Password, a.PasswordHash, password)
		}
		return
	}
	scheme, iterations := "SCRAM-SHA-1", "10000"
	if host == "sha256.meet.jitsi" {
		scheme, iterations = "SCRAM-SHA-256", "4096"
	}
	if !strings.HasPrefix(a.PasswordHash, scheme+"$"+iterations+":") || a.Password != "" {
		t.Errorf("%s: password %q, hash %q; want %s of %s iterations alone", a.JID, a.Password, a.PasswordHash, scheme, iterations)
	}
	if fits := fitsSCRAM(t, a.PasswordHash, password); !fits {
		t.Errorf("%s: the hash is not that of the password", a.JID)
	}
	if fitsSCRAM(t, a.PasswordHash, password+"x") {
		t.Errorf("%s: the hash fits another password", a.JID)
	}
}

// fitsSCRAM computes both keys anew, by RFC 5802 section 3.
func fitsSCRAM(t *testing.T, record, password string) bool {
	t.Helper()
	parts := strings.FieldsFunc(record, func(r rune) bool { return r == '$' || r == ':' })
	if len(parts) != 5 {
		t.Fatalf("%q is not of the form of RFC 5803", record)
	}
	code := map[string]func() hash.Hash{"SCRAM-SHA-1": sha1.New, "SCRAM-SHA-256": sha256.New}[parts[0]]
	iterations, err := strconv.Atoi(parts[1])
	salt, saltErr := base64.StdEncoding.DecodeString(parts[2])
	if err := errors.Join(err, saltErr); err != nil || code == nil {
		t.Fatal(record, err)
	}
	salted, err := pbkdf2.Key(code, password, salt, iterations, code().Size())
	if err != nil {
		t.Fatal(err)
	}
	mac := func(text string) []byte {
		m := hmac.New(code, salted)
		m.Write([]byte(text))
		return m.Sum(nil)
	}
	digest := code()
	digest.Write(mac("Client Key"))
	encode := base64.StdEncoding.EncodeToString
	return parts[3] == encode(digest.Sum(nil)) && parts[4] == encode(mac("Server Key"))
}

// presets makes files of hostile data with the real serialiser: every byte as
// password and salt, tables in tables and numbers of all kinds.
const presets = `
local serialization = require(arg[1].."util.serialization")
local bytes = {}
for i = 0, 255 do bytes[#bytes+1] = string.char(i) end
local all = table.concat(bytes)
local text = "\127ß山🍣'\"\\"..all:sub(1, 128):rep(3)
local deep = {}
for _ = 1, 120 do deep = { deep, x = "y" } end
local other = { [1] = true; [3] = { "a", "b", 7, 0.1, 1e20, 1e300, -5 }; [0.5] = 1/0; [-1/0] = 0/0;
	["end"] = {}; a_1 = "b"; ["1a"] = false; [all] = all; deep = deep, [true] = math.mininteger, max = math.maxinteger }
local hashed = { stored_key = ("0f"):rep(32), server_key = ("f0"):rep(32), salt = all, iteration_count = 1e4, disabled = true,
	disabled_meta = other, created = 1700000000, updated = 1700000001.5 }
for _, preset in ipairs { "default"; "oneline"; "compact"; "pretty" } do
	for name, data in pairs { plain = { password = text; other = other }, hashed = hashed } do
		local f = assert(io.open(arg[2].."/"..name..preset..".dat", "w"))
		assert(f:write("return ", serialization.serialize(data, preset ~= "default" and preset or nil), ";\n"))
		assert(f:close())
	end
end
`

// TestOwnSerialiser: all that the serialisers of both versions write is read.
func TestOwnSerialiser(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		t.Parallel()
		tree, err := prosodytest.Find(v)
		if errors.Is(err, prosodytest.ErrNotInstalled) && os.Getenv("JITSIAUTH_REQUIRE_PROSODY") != "1" {
			t.Skipf("skipped: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		data := t.TempDir()
		accounts := filepath.Join(data, "meet%2ejitsi", "accounts")
		script := filepath.Join(data, "presets.lua")
		if err := errors.Join(os.MkdirAll(accounts, 0o700), os.WriteFile(script, []byte(presets), 0o600)); err != nil {
			t.Fatal(err)
		}
		prefix := "prosody."
		if v == "0.12" {
			prefix = ""
		}
		cmd := exec.CommandContext(limit(t), "lua5.4", script, prefix, accounts)
		above := filepath.Dir(tree.Source())
		cmd.Env = append(os.Environ(), "LUA_PATH="+tree.Source()+"/?.lua;"+above+"/?.lua;;", "LUA_CPATH="+tree.Source()+"/?.so;"+above+"/?.so;;")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		checkPresets(t, data)
	})
}

func checkPresets(t *testing.T, data string) {
	t.Helper()
	dir, err := prosodydata.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	password := "\x7fß山🍣'\"\\" + strings.Repeat(string(all[:128]), 3)
	code := base64.StdEncoding.EncodeToString
	key := func(b string) string { return code([]byte(strings.Repeat(b, 32))) }
	hash := "SCRAM-SHA-256$10000:" + code(all) + "$" + key("\x0f") + ":" + key("\xf0")
	accounts := readAll(t, dir, dir.Hosts()[0])
	if len(accounts) != 8 {
		t.Errorf("%d accounts, want 8", len(accounts))
	}
	for local, a := range accounts {
		if strings.HasPrefix(local, "plain") {
			if a.Password != password || a.PasswordHash != "" || a.Disabled || !a.Created.IsZero() {
				t.Errorf("%s: %+v", local, a)
			}
			continue
		}
		if a.Password != "" || a.PasswordHash != hash || !a.Disabled || a.Created.Unix() != 1_700_000_000 || a.Updated.Unix() != 1_700_000_001 {
			t.Errorf("%s: %+v", local, a)
		}
	}
}
