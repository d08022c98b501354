package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

// checkLeftovers holds a directory to having no temporary files: noleftovers .
func checkLeftovers(ts *testscript.TestScript, _ bool, args []string) {
	found, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), ".*-[0-9]*"))
	ts.Check(err)
	if len(found) > 0 {
		ts.Fatalf("left behind: %q", found)
	}
}

// countKept counts the files that restores have replaced: kept 1
func countKept(ts *testscript.TestScript, _ bool, args []string) {
	found, err := filepath.Glob(ts.MkAbs("*.before-restore-*"))
	ts.Check(err)
	if strconv.Itoa(len(found)) != args[0] {
		ts.Fatalf("kept: %q", found)
	}
}

// writeCertificate makes a self-signed one for 127.0.0.1: certificate NAME cert.pem key.pem
func writeCertificate(ts *testscript.TestScript, _ bool, args []string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: args[0]},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	ts.Check(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
}

// setField puts a field of the first JSON object that a command printed into a
// variable: field ID id stdout
func setField(ts *testscript.TestScript, _ bool, args []string) {
	var fields map[string]any
	ts.Check(json.NewDecoder(strings.NewReader(ts.ReadFile(args[2]))).Decode(&fields))
	ts.Setenv(args[0], fmt.Sprint(fields[args[1]]))
}

// tryLogin asks the service of this directory as Prosody does, some times over,
// and compares the last answer: login bad 3 alice wrong 192.0.2.1
func tryLogin(ts *testscript.TestScript, _ bool, args []string) {
	secret, err := readSecret(ts.MkAbs("prosody.token"))
	ts.Check(err)
	c, err := client.New(client.Options{Server: "unix:" + ts.MkAbs("run/jitsiauth.sock"), Token: secret})
	ts.Check(err)
	defer c.Close()
	times, err := strconv.Atoi(args[1])
	ts.Check(err)
	got := ""
	name, domain, _ := strings.Cut(args[2], "@")
	for range times {
		_, err := c.Verify(context.Background(), api.VerifyRequest{Username: name, Domain: domain, Password: args[3], Source: args[4], Transport: "websocket"})
		switch {
		case err == nil:
			got = "ok"
		case errors.Is(err, jitsiauth.ErrBadCredentials):
			got = "bad"
		case errors.Is(err, jitsiauth.ErrThrottled):
			got = "throttled"
		default:
			got = err.Error()
		}
	}
	if got != args[0] {
		ts.Fatalf("the login of %s was answered %s, not %s", args[2], got, args[0])
	}
}

// waitForAccounts waits until the service of this directory has accounts: seeded alice bob
func waitForAccounts(ts *testscript.TestScript, _ bool, args []string) {
	c, err := client.New(client.Options{Server: "unix:" + ts.MkAbs("run/jitsiauth.sock")})
	ts.Check(err)
	defer c.Close()
	for _, name := range args {
		for try := 0; ; try++ {
			_, err := c.User(context.Background(), name)
			if err == nil {
				break
			}
			if !errors.Is(err, jitsiauth.ErrNotFound) || try == 600 {
				ts.Fatalf("%s: %v", name, err)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// copyProsodyData copies a data directory of a real Prosody, and adds the hosts of
// Jitsi's own services, which look the same: prosodydata 13.0 data
func copyProsodyData(ts *testscript.TestScript, _ bool, args []string) {
	from, to := filepath.Join(sourceDir, "../../jitsiauth/prosodydata/testdata", args[0]), ts.MkAbs(args[1])
	ts.Check(os.CopyFS(to, os.DirFS(from)))
	account, err := os.ReadFile(filepath.Join(from, "meet%2ejitsi/accounts/alice.dat"))
	ts.Check(err)
	for _, name := range []string{
		"auth%2emeet%2ejitsi/accounts/focus", "auth%2emeet%2ejitsi/accounts/jvb",
		"hidden%2emeet%2ejitsi/accounts/recorder", "recorder%2emeet%2ejitsi/accounts/recorder",
	} {
		path := filepath.Join(to, name+".dat")
		ts.Check(os.MkdirAll(filepath.Dir(path), 0o700))
		ts.Check(os.WriteFile(path, account, 0o600))
	}
}

// sourceDir is where this package lies.
var sourceDir = func() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return dir
}()
