package fail2ban_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/lua/servicetest"
)

const password = "correct horse"

// program is the built jitsiauth, made for the first test that needs it.
var program = sync.OnceValues(func() (string, error) {
	return servicetest.Build(context.Background(), buildDir)
})

var buildDir string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	var err error
	if buildDir, err = os.MkdirTemp("", "jitsiauth-test-"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(buildDir)
	return m.Run()
}

// service is the real program and a Prosody of ours that asks it.
type service struct {
	*servicetest.Service
	prosody *client.Client
}

func newService(t *testing.T, env ...string) *service {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	s := &service{Service: &servicetest.Service{Config: servicetest.Config{
		// The lowest cost that the program accepts: these tests are about lines.
		Bin: bin, Dir: t.TempDir(), Env: append(env, "JITSIAUTH_BCRYPT_COST=10"),
	}}}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("service: %v", err)
		}
	})
	token, err := os.ReadFile(s.TokenFile())
	if err != nil {
		t.Fatal(err)
	}
	if s.prosody, err = client.New(client.Options{Server: "http://" + s.Addr, Token: strings.TrimSpace(string(token))}); err != nil {
		t.Fatal(err)
	}
	return s
}

// add makes an account.
func (s *service) add(t *testing.T, name string, options ...string) {
	t.Helper()
	args := append([]string{"user", "add", "--password-stdin", "--allow-weak"}, options...)
	if _, problems, err := s.CLI(limit(t), password, append(args, "--", name)...); err != nil {
		t.Fatalf("user add %s: %v\n%s", name, err, problems)
	}
}

// login asks as Prosody does and returns what came of it.
func (s *service) login(t *testing.T, question api.VerifyRequest) error {
	t.Helper()
	_, err := s.prosody.Verify(limit(t), question)
	return err
}

// refused are the lines about refused logins so far.
func (s *service) refused() []string {
	var lines []string
	for line := range strings.Lines(s.Log()) {
		if strings.Contains(line, ` msg="login refused" `) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}
