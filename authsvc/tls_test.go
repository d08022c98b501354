package authsvc_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

// pair is a certificate for 127.0.0.1 that signs itself, and its key, in PEM.
type pair struct{ cert, key []byte }

func newPair(t *testing.T) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pair{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
	}
}

// secured is a service over https, and the files of its certificate.
type secured struct {
	t         *testing.T
	addr      string
	cert, key string
	log       *logBuffer
	changes   int
}

func newSecured(t *testing.T, first pair) (*bench, *secured) {
	t.Helper()
	s := &secured{t: t, log: new(logBuffer), cert: filepath.Join(t.TempDir(), "cert.pem"), key: filepath.Join(t.TempDir(), "key.pem")}
	s.write(s.cert, first.cert)
	s.write(s.key, first.key)
	config, err := authsvc.TLSConfig(s.cert, s.key, slog.New(slog.NewTextHandler(s.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	b, plain := newBench(t), listen(t)
	s.addr = plain.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(ctx, tls.NewListener(plain, config)) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return b, s
}

// write also sets another time than any before: two writes may fall into one
// tick of the file system's clock.
func (s *secured) write(name string, content []byte) {
	s.t.Helper()
	s.changes++
	at := time.Now().Add(time.Duration(s.changes) * time.Second)
	if err := errors.Join(os.WriteFile(name, content, 0o600), os.Chtimes(name, at, at)); err != nil {
		s.t.Fatal(err)
	}
}

// shows reports whether a new connection sees the certificate.
func (s *secured) shows(p pair) bool {
	s.t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(p.cert)
	conn, err := tls.Dial("tcp", s.addr, &tls.Config{RootCAs: roots})
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

func TestTLS(t *testing.T) {
	first := newPair(t)
	b, s := newSecured(t, first)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(first.cert)
	for _, test := range []struct {
		config *tls.Config
		ok     bool
	}{
		{&tls.Config{RootCAs: roots}, true},
		{&tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS12}, true},
		{&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
		{&tls.Config{RootCAs: roots, NextProtos: []string{"h2", "http/1.1"}}, true},
		{&tls.Config{}, false},
	} {
		c, err := client.New(client.Options{
			Server: "https://" + s.addr, Token: b.secret(jitsiauth.ScopeUsersRead),
			Transport: &http.Transport{TLSClientConfig: test.config, ForceAttemptHTTP2: true},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Ready(t.Context()); (err == nil) != test.ok {
			t.Errorf("%+v: %v", test.config, err)
		}
		c.Close()
	}
}

// TestTLSRenewal: a renewal is there for the next connection; one that is broken,
// or half done, changes nothing and is logged once.
func TestTLSRenewal(t *testing.T) {
	first, second, third := newPair(t), newPair(t), newPair(t)
	_, s := newSecured(t, first)
	if !s.shows(first) {
		t.Fatal("not the first one")
	}
	s.write(s.cert, second.cert) // half done: the key is still the first one's
	for range 3 {
		if !s.shows(first) {
			t.Error("half done: not the first one")
		}
	}
	s.write(s.key, second.key)
	if !s.shows(second) || s.shows(first) {
		t.Error("not the second one")
	}
	s.write(s.cert, []byte("nonsense"))
	if !s.shows(second) {
		t.Error("broken: not the second one")
	}
	if err := os.Remove(s.cert); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if !s.shows(second) {
			t.Error("missing: not the second one")
		}
	}
	s.write(s.cert, third.cert)
	s.write(s.key, third.key)
	if !s.shows(third) {
		t.Error("not the third one")
	}
	log := s.log.String()
	if strings.Count(log, "can't be used") != 3 || strings.Count(log, "certificate read again") != 2 || strings.Contains(log, "PRIVATE") {
		t.Error(log)
	}
}

func TestTLSRenewalUnderLoad(t *testing.T) {
	first, second := newPair(t), newPair(t)
	_, s := newSecured(t, first)
	var dialing sync.WaitGroup
	for range 4 {
		dialing.Go(func() {
			for range 20 {
				if !s.shows(first) && !s.shows(second) && !s.shows(first) {
					t.Error("neither of them")
				}
			}
		})
	}
	s.write(s.cert, second.cert)
	s.write(s.key, second.key)
	dialing.Wait()
	if !s.shows(second) {
		t.Error("not the second one")
	}
}

func TestTLSConfigRefuses(t *testing.T) {
	one, other := newPair(t), newPair(t)
	for name, p := range map[string]pair{
		"of two pairs": {one.cert, other.key}, "no certificate": {[]byte("x"), one.key}, "no key": {one.cert, nil}, "swapped": {one.key, one.cert},
	} {
		dir := t.TempDir()
		cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		if err := errors.Join(os.WriteFile(cert, p.cert, 0o600), os.WriteFile(key, p.key, 0o600)); err != nil {
			t.Fatal(err)
		}
		_, err := authsvc.TLSConfig(cert, key, nil)
		if err == nil || !strings.Contains(err.Error(), cert) || bytes.Contains([]byte(err.Error()), one.key) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := authsvc.TLSConfig("none.pem", "none-key.pem", nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
