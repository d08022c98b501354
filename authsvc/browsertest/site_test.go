package browsertest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// certificate is self-signed, for all names that tests use.
type certificate struct {
	pair      tls.Certificate
	cert, key []byte // PEM
	pin       string // by which the browser knows the key
}

var site certificate

func newCertificate() (certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "browsertest"},
		DNSNames:  []string{"*.example.org", "*.example.net"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 0, 30),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return certificate{}, err
	}
	secret, err1 := x509.MarshalPKCS8PrivateKey(key)
	public, err2 := x509.MarshalPKIXPublicKey(key.Public())
	sum := sha256.Sum256(public)
	return certificate{
		pair: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
		pin:  base64.StdEncoding.EncodeToString(sum[:]),
	}, errors.Join(err1, err2)
}

// proxyAddress is where nginx calls the service from, so that it alone is a proxy
// on this machine, and 127.0.0.1 is a browser's address like any other.
const proxyAddress = "127.0.0.9"

// startNginx starts Debian's nginx with TLS at the port, accounts.conf before the
// service at target.
func startNginx(t testing.TB, port, target string) {
	t.Helper()
	nginx, libraries := findNginx(t)
	dir := t.TempDir()
	snippet, err := os.ReadFile(filepath.Join("..", "..", "examples", "docker-jitsi-meet", "nginx-custom", "accounts.conf"))
	if err != nil {
		t.Fatal(err)
	}
	const upstream = "http://authsvc:8090"
	if bytes.Count(snippet, []byte(upstream)) != 1 {
		t.Fatalf("%s is not in accounts.conf once", upstream)
	}
	snippet = bytes.Replace(snippet, []byte(upstream), []byte("http://"+target), 1)
	for name, content := range map[string][]byte{
		"accounts.conf": snippet, "cert.pem": site.cert, "key.pem": site.key,
		"nginx.conf": fmt.Appendf(nil, nginxConf, port, proxyAddress),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var problems bytes.Buffer
	cmd := exec.CommandContext(context.Background(), nginx, "-p", dir, "-c", "nginx.conf", "-e", "error.log")
	cmd.Env, cmd.Stderr = append(os.Environ(), "LD_LIBRARY_PATH="+libraries), &problems
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if log, _ := os.ReadFile(filepath.Join(dir, "error.log")); t.Failed() {
			t.Logf("nginx: %s%s", &problems, log)
		}
	})
	for deadline := time.Now().Add(timeLimit); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nginx doesn't answer: %v\n%s", err, &problems)
		}
	}
}

// nginxConf is like Jitsi's where it matters: its own policy, and a room at any path.
const nginxConf = `
daemon off;
master_process off;
pid nginx.pid;
events {}
http {
	access_log off;
	error_log error.log;
	client_body_temp_path temp_body;
	proxy_temp_path temp_proxy;
	fastcgi_temp_path temp_f;
	uwsgi_temp_path temp_u;
	scgi_temp_path temp_s;
	gzip on;
	gzip_min_length 1;
	server {
		listen 127.0.0.1:%s ssl http2;
		ssl_certificate cert.pem;
		ssl_certificate_key key.pem;
		proxy_bind %s;
		ssi on;
		add_header Content-Security-Policy "default-src jitsi";
		include accounts.conf;
		location / { return 200 "a room"; }
	}
}
`

// findNginx is where examples/docker-jitsi-meet/install.sh puts it.
func findNginx(t testing.TB) (program, libraries string) {
	t.Helper()
	root, err := os.Getenv("JITSIAUTH_NGINX_DIR"), error(nil)
	if root == "" {
		root, err = os.UserCacheDir()
		root = filepath.Join(root, "jitsiauth", "nginx")
	}
	if err == nil {
		root, err = filepath.Abs(filepath.Join(root, "tree"))
	}
	program = filepath.Join(root, "usr/sbin/nginx")
	if err == nil {
		_, err = os.Stat(program)
	}
	if err != nil {
		need(t, fmt.Errorf("nginx is not there: run authsvc/browsertest/install.sh (%w)", err))
	}
	dirs, _ := filepath.Glob(filepath.Join(root, "usr/lib/*-linux-gnu"))
	return program, strings.Join(dirs, ":")
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
