package dockerjitsimeet_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// site is a real nginx with accounts.conf, set up as Jitsi's is where it matters:
// the file comes before locations that take any path, and under settings that
// locations inherit.
type site struct {
	t           *testing.T
	dir         string
	client      *http.Client
	http, https string // base URLs
}

// newSite starts nginx; authsvc is where the name authsvc leads to.
func newSite(t *testing.T, authsvc *resolver, port string) *site {
	t.Helper()
	conf, err := os.ReadFile("nginx-custom/accounts.conf")
	if err != nil {
		t.Fatal(err)
	}
	conf = replaceOnce(t, conf, "resolver 127.0.0.11 valid=10s", "resolver "+authsvc.addr+" valid=1s")
	conf = replaceOnce(t, conf, "http://authsvc:8090", "http://authsvc:"+port)
	return startNginx(t, func(s *site, httpPort, httpsPort string) string {
		s.write("accounts.conf", conf)
		return fmt.Sprintf(`
	gzip on;
	gzip_min_length 1;
	server {
		listen 127.0.0.1:%s;
		listen 127.0.0.1:%s ssl http2;
		ssl_certificate cert.pem;
		ssl_certificate_key key.pem;
		charset utf8;
		client_max_body_size 0;
		ssi on;
		error_page 404 /not-found;
		add_header Content-Security-Policy "default-src jitsi";
		include accounts.conf;
		location = /gone { proxy_pass http://127.0.0.1:1; }
		location ~ ^/([^/]+)$ { return 200 "room $1"; }
		location ~ ^/([^/]+)/(.*)$ { return 200 "room $2 of $1"; }
	}
`, httpPort, httpsPort)
	})
}

// startNginx starts a real nginx with what servers returns of the ports.
func startNginx(t *testing.T, servers func(s *site, httpPort, httpsPort string) string) *site {
	t.Helper()
	nginx, libraries := findNginx(t)
	s := &site{t: t, dir: t.TempDir()}
	s.makeCertificate()
	httpPort, httpsPort := freePort(t), freePort(t)
	s.http, s.https = "http://127.0.0.1:"+httpPort, "https://127.0.0.1:"+httpsPort
	s.write("nginx.conf", []byte(`
daemon off;
master_process off;
pid nginx.pid;
events {}
http {
	access_log access.log;
	error_log error.log;
	client_body_temp_path temp_body;
	proxy_temp_path temp_proxy;
	fastcgi_temp_path temp_f;
	uwsgi_temp_path temp_u;
	scgi_temp_path temp_s;
`+servers(s, httpPort, httpsPort)+"}\n"))

	var problems bytes.Buffer
	cmd := exec.Command(nginx, "-p", s.dir, "-c", "nginx.conf", "-e", "error.log")
	cmd.Env, cmd.Stderr = append(os.Environ(), "LD_LIBRARY_PATH="+libraries), &problems
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("nginx: %s%s", &problems, s.read("error.log"))
		}
	})
	s.await(&problems)
	return s
}

// makeCertificate writes one that the client trusts.
func (s *site) makeCertificate() {
	s.t.Helper()
	cert := httptest.NewUnstartedServer(nil)
	cert.EnableHTTP2 = true // as browsers and Jitsi's nginx speak it
	cert.StartTLS()
	defer cert.Close()
	s.client = cert.Client()
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	pair := cert.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}))
	s.write("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
}

// await waits until nginx answers.
func (s *site) await(problems fmt.Stringer) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		resp, err := s.client.Get(s.http + "/ready")
		if err == nil {
			_ = resp.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("nginx doesn't answer: %v\n%s", err, problems)
		}
	}
}

// findNginx skips the test with the reason where install.sh has not been run, or
// fails it if JITSIAUTH_REQUIRE_NGINX=1 is set.
func findNginx(t *testing.T) (program, libraries string) {
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
	const missing = "nginx is not there: run examples/docker-jitsi-meet/install.sh"
	if err != nil && os.Getenv("JITSIAUTH_REQUIRE_NGINX") != "1" {
		t.Skipf("skipped: %s (%v)", missing, err)
	}
	if err != nil {
		t.Fatalf("%s (%v)", missing, err)
	}
	dirs, _ := filepath.Glob(filepath.Join(root, "usr/lib/*-linux-gnu"))
	return program, strings.Join(dirs, ":")
}

// get sends path exactly as it is written.
func (s *site) get(base, path string, header ...string) (*http.Response, string) {
	s.t.Helper()
	return s.do(http.MethodGet, base, path, nil, header...)
}

func (s *site) do(method, base, path string, body io.Reader, header ...string) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, base, body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.URL.Opaque = path // or the client would tidy it
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, string(text)
}

func (s *site) write(name string, content []byte) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), content, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) read(name string) string {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(content)
}

// replaceOnce fails the test where old is not there, so that a line that a test
// has to change can't be forgotten when the file changes.
func replaceOnce(t *testing.T, text []byte, old, with string) []byte {
	t.Helper()
	if bytes.Count(text, []byte(old)) != 1 {
		t.Fatalf("%q is not there once", old)
	}
	return bytes.Replace(text, []byte(old), []byte(with), 1)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
