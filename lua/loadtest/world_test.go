package loadtest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/servicetest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// newest is the Prosody that rows are measured with, where they name none.
const newest prosodytest.Version = "13.0"

// buildDir holds the built program.
var buildDir string

func TestMain(m *testing.M) {
	if os.Getenv(neighbourVariable) != "" {
		beNeighbour()
		return
	}
	os.Exit(testMain(m))
}

func testMain(m *testing.M) int {
	var err error
	if buildDir, err = os.MkdirTemp("", "jitsiauth-bench-"); err != nil {
		log.Print(err)
		return 1
	}
	defer os.RemoveAll(buildDir)
	return m.Run()
}

// build compiles jitsiauth when the first benchmark wants it.
var build = sync.OnceValues(func() (string, error) { return servicetest.Build(context.Background(), buildDir) })

// program is "jitsiauth serve" in a process of its own, as people run it.
type program struct {
	*servicetest.Service
	url, token string
}

// newProgram runs it with more variables. Default: what the program does by itself.
func newProgram(b *testing.B, env ...string) *program {
	b.Helper()
	bin, err := build()
	if err != nil {
		b.Fatal(err)
	}
	return runProgram(b, bin, env...)
}

func runProgram(b *testing.B, bin string, env ...string) *program {
	b.Helper()
	p := &program{Service: &servicetest.Service{Config: servicetest.Config{Bin: bin, Dir: b.TempDir(), Env: env}}}
	if err := p.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := p.Stop(); err != nil {
			b.Errorf("service: %v", err)
		}
	})
	token, err := os.ReadFile(p.TokenFile())
	if err != nil {
		b.Fatal(err)
	}
	p.url, p.token = "http://"+p.Addr, strings.TrimSpace(string(token))
	return p
}

// add makes n accounts, user0 and so on, with the password that all have. They
// come with one hash, or a thousand of them would take minutes.
func (p *program) add(b *testing.B, n int) {
	b.Helper()
	hash := hashOf(b)
	var csv strings.Builder
	csv.WriteString("username,password_hash\n")
	for i := range n {
		fmt.Fprintf(&csv, "user%d,%s\n", i, hash)
	}
	if _, problems, err := p.CLI(b.Context(), csv.String(), "import", "-", "--format", "csv"); err != nil {
		b.Fatalf("import: %v\n%s", err, problems)
	}
}

func hashOf(b *testing.B) []byte {
	b.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), jitsiauth.DefaultBcryptCost)
	if err != nil {
		b.Fatal(err)
	}
	return hash
}

// address is the n-th of sixteen million sources.
func address(n int) string { return fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255) }

// newProsody runs one whose host has these options; none: internal_hashed. It
// waits for no more to send (Nagle), as a login that is alone would take 40 ms,
// and believes X-Forwarded-For, so that this machine can be many.
func newProsody(b *testing.B, v prosodytest.Version, host string) *prosodytest.Server {
	b.Helper()
	return prosodytest.StartTest(b, prosodytest.Config{
		Version: v, ModulePath: "..", HostOptions: host, TrustedProxies: []string{"127.0.0.1"},
		GlobalOptions: "network_settings = { nagle = false }",
	})
}

// prosodyOf runs a Prosody whose module asks the program.
func prosodyOf(b *testing.B, v prosodytest.Version, p *program) *prosodytest.Server {
	b.Helper()
	return newProsody(b, v, hostOptions(p.url, p.TokenFile()))
}

// hostOptions are for a host whose accounts are at that address.
func hostOptions(url, tokenFile string) string {
	return fmt.Sprintf("authentication = \"http\"\nhttp_auth_url = %s\nhttp_auth_token_file = %s",
		prosodytest.LuaString(url+"/auth"), prosodytest.LuaString(tokenFile))
}

// from is the endpoint for a client at that address.
func from(s *prosodytest.Server, source string) xmpptest.Endpoint {
	e := s.Endpoint()
	e.Header = http.Header{"X-Forwarded-For": {source}}
	return e
}

// loginTimeout is more than any login takes, so that what hangs ends.
const loginTimeout = 15 * time.Second

// login logs in over WebSocket and out again, and returns "ok" or the condition
// of the refusal.
func login(b *testing.B, s *prosodytest.Server, user, password, source string) string {
	ctx, cancel := context.WithTimeout(b.Context(), loginTimeout)
	defer cancel()
	conn, err := xmpptest.Login(ctx, xmpptest.WebSocket, from(s, source), user, password)
	if err != nil {
		return condition(err)
	}
	_ = conn.Close()
	return "ok"
}

// condition is what a login came to.
func condition(err error) string {
	if refused, ok := errors.AsType[*xmpptest.SASLError](err); ok {
		return refused.Condition
	}
	if err != nil {
		return err.Error()
	}
	return "ok"
}
