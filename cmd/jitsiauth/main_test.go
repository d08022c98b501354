package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	_ "github.com/jitsiauth/server/jitsiauth/lowcost"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"jitsiauth": func() { os.Exit(mainContext()) },
	})
}

// TestStories plays the stories of testdata/script: each is a person at a
// terminal, with a directory of its own.
func TestStories(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("JITSIAUTH_BCRYPT_COST", "4")
			env.Setenv("JITSIAUTH_LISTEN", "127.0.0.1:0")
			env.Setenv("JITSIAUTH_TIMEZONE", "Asia/Tokyo")
			address, err := freeAddress()
			env.Setenv("FREE", address)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"answers": waitForSocket,
			"mode":    checkMode,

			"noleftovers": checkLeftovers,
			"kept":        countKept,
			"shiftjis":    toShiftJIS,
			"utf16":       toUTF16,
			"certificate": writeCertificate,
			"login":       tryLogin,
			"field":       setField,
			"prosody":     beProsody,
			"seeded":      waitForAccounts,

			"prosodydata": copyProsodyData,
		},
	})
}

// freeAddress is one that nobody listens on at the moment.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// waitForSocket waits until a service answers on a socket: answers run/jitsiauth.sock
func waitForSocket(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	for range 600 {
		if conn, err := net.Dial("unix", path); err == nil {
			ts.Check(conn.Close())
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("nobody answers on %s", path)
}

// checkMode compares permissions: mode 600 prosody.token
func checkMode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

func TestSecretFromFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct {
		name string
		env  environment
		want string
		ok   bool
	}{
		{"none", environment{}, "", true},
		{"value", environment{"JITSIAUTH_TOKEN": "v"}, "v", true},
		{"file", environment{"JITSIAUTH_TOKEN_FILE": write("one", " v\n")}, "v", true},
		{"both", environment{"JITSIAUTH_TOKEN": "v", "JITSIAUTH_TOKEN_FILE": write("two", "v")}, "", false},
		{"empty file", environment{"JITSIAUTH_TOKEN_FILE": write("empty", "\n")}, "", false},
		{"two lines", environment{"JITSIAUTH_TOKEN_FILE": write("lines", "a\nb\n")}, "", false},
		{"no file", environment{"JITSIAUTH_TOKEN_FILE": filepath.Join(dir, "none")}, "", false},
	} {
		got, err := test.env.secret("JITSIAUTH_TOKEN")
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
}

func TestReachable(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8090": "127.0.0.1:8090", ":8090": "localhost:8090", "0.0.0.0:8090": "localhost:8090",
		"[::]:8090": "localhost:8090", "[::1]:8090": "[::1]:8090", "nonsense": "nonsense",
	} {
		if got := reachable(listen); got != want {
			t.Errorf("reachable(%q) = %q, want %q", listen, got, want)
		}
	}
}
