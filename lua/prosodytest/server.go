package prosodytest

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jitsiauth/server/lua/xmpptest"
)

// startTimeout bounds the wait for Prosody to answer; it takes well under 2 s on an
// idle machine.
const startTimeout = 60 * time.Second

// Server is a running Prosody. Its methods may be called by several goroutines.
type Server struct {
	Tree     Tree
	C2S      string // host:port of XMPP over TCP with STARTTLS
	HTTP     string // host:port of /http-bind (BOSH) and /xmpp-websocket
	Domain   string // VirtualHost under test
	Guest    string // guest.<Domain>, anonymous logins
	Auth     string // auth.<Domain>, internal_hashed
	MUC      string // conference.<Domain>
	RootCAs  *x509.CertPool
	CertFile string // PEM of the certificate in RootCAs
	Dir      string // Config.Dir

	log     *logBuffer
	proc    *process
	temp    bool
	stop    sync.Once
	stopErr error
}

// Start runs Prosody and returns once it answers; a few hundred milliseconds. It lives
// until Stop, the end of ctx, or (on Linux) the end of this program. Start fails with
// ErrNotInstalled from Find, or with the last lines of the log when Prosody dies or
// can't have its ports.
func Start(ctx context.Context, c Config) (*Server, error) {
	tree, err := Find(c.Version)
	if err != nil {
		return nil, err
	}
	temp, err := c.normalize()
	if err != nil {
		return nil, err
	}
	s := &Server{
		Tree: tree, Domain: c.Domain, Guest: "guest." + c.Domain, Auth: "auth." + c.Domain,
		MUC: "conference." + c.Domain, Dir: c.Dir, temp: temp,
		CertFile: filepath.Join(c.Dir, "certs", "prosody.crt"),
	}
	if err := s.start(ctx, c); err != nil {
		return nil, errors.Join(fmt.Errorf("start prosody %s: %w", c.Version, err), s.removeTemp())
	}
	context.AfterFunc(ctx, func() { _ = s.Stop() })
	return s, nil
}

func (s *Server) start(ctx context.Context, c Config) (err error) {
	certs := filepath.Join(s.Dir, "certs")
	s.RootCAs, err = writeCertificate(certs, time.Now(), s.Domain, s.Guest, s.Auth, s.MUC)
	if err != nil {
		return err
	}
	for _, name := range []string{"prosody", "prosodyctl"} {
		if _, err := s.Tree.writeLauncher(name, s.Dir); err != nil {
			return err
		}
	}
	// Between the choice of a free port and Prosody's listen another program may take
	// it; then try others.
	for range 3 {
		err = s.startOnce(ctx, c)
		if !errors.Is(err, errPortTaken) {
			break
		}
	}
	return err
}

var errPortTaken = errors.New("port is taken")

func (s *Server) startOnce(ctx context.Context, c Config) error {
	ports, err := choosePorts(ctx, c.C2SPort, c.HTTPPort)
	if err != nil {
		return err
	}
	config, err := writeConfig(c, ports[0], ports[1])
	if err != nil {
		return err
	}
	s.C2S = fmt.Sprintf("127.0.0.1:%d", ports[0])
	s.HTTP = fmt.Sprintf("127.0.0.1:%d", ports[1])
	s.log = newLogBuffer(c.Stdout)
	s.proc, err = startProcess(s.log, s.Dir, environ(), luaProgram, filepath.Join(s.Dir, "prosody"), "-F", "--config", config)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := s.waitReady(ctx); err != nil {
		_ = s.proc.stop()
		return fmt.Errorf("%w; its last words:\n%s", err, s.log.tail(30))
	}
	return nil
}

// readyLines are said once both services have their ports, or one can't.
var (
	c2sReady  = regexp.MustCompile(`Activated service 'c2s' on (no ports|\[)|Failed to open server port`)
	httpReady = regexp.MustCompile(`Activated service 'http' on (no ports|\[)|Failed to open server port`)
)

// waitReady waits for the log to say that the ports are open, then for one HTTP answer.
// Prosody loads all hosts before it serves, in one thread, so an answer means that
// start-up is over; the log proves that it is this Prosody that answers.
func (s *Server) waitReady(ctx context.Context) error {
	for _, re := range []*regexp.Regexp{c2sReady, httpReady} {
		line, err := s.log.wait(ctx, re, s.proc.done)
		if err != nil {
			return err
		}
		if strings.Contains(line, "Failed to open") || strings.Contains(line, "no ports") {
			return errPortTaken
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.HTTP+"/http-bind", nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// choosePorts returns wanted with each 0 replaced by a port that is free now.
func choosePorts(ctx context.Context, wanted ...int) ([]int, error) {
	for i, port := range wanted {
		if port != 0 {
			continue
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }() // at the end, so that no port is chosen twice
		wanted[i] = l.Addr().(*net.TCPAddr).Port
	}
	return wanted, nil
}

// environ is this program's environment without what would change Lua's or Prosody's
// search paths.
func environ() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "LUA_") || strings.HasPrefix(v, "PROSODY") || strings.HasPrefix(v, "NOTIFY_SOCKET=")
	})
}

// Endpoint is where a test client finds Domain on this server.
func (s *Server) Endpoint() xmpptest.Endpoint {
	return xmpptest.Endpoint{C2S: s.C2S, HTTP: s.HTTP, Domain: s.Domain, RootCAs: s.RootCAs}
}

// PID is Prosody's process id.
func (s *Server) PID() int { return s.proc.cmd.Process.Pid }

// Done is closed when the process has ended, for whatever reason.
func (s *Server) Done() <-chan struct{} { return s.proc.done }

// Alive tells whether the process still runs.
func (s *Server) Alive() bool {
	select {
	case <-s.proc.done:
		return false
	default:
		return true
	}
}

// Stop ends Prosody as an administrator would (SIGTERM; streams get system-shutdown),
// after 10 s by force, and removes a temporary directory. It returns an error when
// Prosody had ended badly before, or by force. Further calls return the same.
func (s *Server) Stop() error {
	s.stop.Do(func() { s.stopErr = errors.Join(s.proc.stop(), s.removeTemp()) })
	return s.stopErr
}

func (s *Server) removeTemp() error {
	if !s.temp {
		return nil
	}
	return os.RemoveAll(s.Dir)
}
