// Package dockerjitsimeet_test holds the files in this directory together: with
// docker-compose.yml of the repository, with a real Prosody and a real nginx.
package dockerjitsimeet_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

const override = "docker-compose.override.yml"

// compose is what these tests look at in a Compose file.
type compose struct {
	Services map[string]service
	Networks any
	Volumes  map[string]struct{ Name string }
	Secrets  map[string]struct{ File string }
}

type service struct {
	Build       struct{ Context string }
	Environment map[string]string
	Volumes     []any // text mostly, which is what these tests look at
	Secrets     []string
	Networks    any
	Hardening   `yaml:",inline"`
}

// Hardening is what must be the same wherever the service runs.
type Hardening struct {
	Image       string
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
	CPUShares   int      `yaml:"cpu_shares"`
	Tmpfs       []string
	Logging     any
	Ports       []string
}

// message is the text that Compose prints where a variable is missing.
var message = regexp.MustCompile(`:\?[^}]*`)

func load(t *testing.T, path string) compose {
	t.Helper()
	var c compose
	if err := yaml.Unmarshal(message.ReplaceAll(read(t, path), nil), &c); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return c
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// address is the fixed one of a service, with the variable in it.
func (c compose) address(t *testing.T, name string) string {
	t.Helper()
	networks, _ := c.Services[name].Networks.(map[string]any)
	network, _ := networks["meet.jitsi"].(map[string]any)
	address, _ := network["ipv4_address"].(string)
	if !strings.HasPrefix(address, "${JITSI_NETWORK}.") {
		t.Fatalf("%s has no fixed address: %v", name, c.Services[name].Networks)
	}
	return address
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %v\nwant %v", what, got, want)
	}
}

// The override wires the service as docker-compose.yml of the repository does,
// which is tested with containers.
func TestOverrideAgreesWithTheWholeSetUp(t *testing.T) {
	whole, added := load(t, "../../docker-compose.yml"), load(t, override)
	for _, name := range []string{"web", "prosody", "authsvc"} {
		same(t, "address of "+name, added.address(t, name), whole.address(t, name))
		same(t, "secrets of "+name, added.Services[name].Secrets, only(whole.Services[name].Secrets, "jitsiauth"))
	}
	same(t, "networks", added.Networks, whole.Networks)
	ours, theirs := added.Services["authsvc"], whole.Services["authsvc"]
	same(t, "hardening", ours.Hardening, theirs.Hardening)
	same(t, "settings of authsvc", ours.Environment, theirs.Environment)
	same(t, "volumes of authsvc", ours.Volumes, theirs.Volumes)
	for _, variable := range []string{"PROSODY_AUTH_TYPE", "JITSIAUTH_URL", "PROSODY_TRUSTED_PROXIES", "ENABLE_AUTH", "AUTH_TYPE"} {
		same(t, variable, added.Services["prosody"].Environment[variable], whole.Services["prosody"].Environment[variable])
	}
	var mounts []string
	for _, mount := range texts(added.Services["prosody"].Volumes) {
		mounts = append(mounts, strings.ReplaceAll(mount, "${JITSIAUTH_SOURCE}/", "./"))
	}
	same(t, "files of prosody", mounts, only(texts(whole.Services["prosody"].Volumes), "auth"))
}

// texts keeps the short form of mounts.
func texts(mounts []any) []string {
	var short []string
	for _, mount := range mounts {
		if text, ok := mount.(string); ok {
			short = append(short, text)
		}
	}
	return short
}

// only keeps the elements that contain part.
func only(list []string, part string) []string {
	var kept []string
	for _, s := range list {
		if strings.Contains(s, part) {
			kept = append(kept, s)
		}
	}
	return kept
}

func TestOverrideAgreesWithItself(t *testing.T) {
	c := load(t, override)
	prosody, authsvc := c.Services["prosody"].Environment, c.Services["authsvc"].Environment
	url := "http://" + c.address(t, "authsvc") + ":8090/auth"
	same(t, "where Prosody asks", prosody["JITSIAUTH_URL"], url)
	same(t, "whom Prosody believes", prosody["PROSODY_TRUSTED_PROXIES"], c.address(t, "web"))
	same(t, "whom the service believes", authsvc["JITSIAUTH_TRUSTED_PROXIES"], c.address(t, "web"))
	for _, name := range []string{"web", "prosody", "jicofo"} {
		same(t, "ENABLE_AUTH of "+name, c.Services[name].Environment["ENABLE_AUTH"], "1")
	}
	for volume, v := range c.Volumes { // or it would hang on the name of a directory
		if v.Name == "" {
			t.Errorf("volume %s has no name", volume)
		}
	}

	if len(c.Secrets) != 1 {
		t.Fatalf("secrets: %v", c.Secrets)
	}
	for name := range c.Secrets {
		path := "/run/secrets/" + name
		same(t, "token of the service", authsvc["JITSIAUTH_PROSODY_TOKEN_FILE"], path)
		if lua := string(read(t, "jitsiauth.cfg.lua")); !strings.Contains(lua, fmt.Sprintf("http_auth_token_file = %q\n", path)) {
			t.Errorf("jitsiauth.cfg.lua doesn't read %s:\n%s", path, lua)
		}
	}
	for _, mount := range texts(c.Services["prosody"].Volumes) {
		source, _, _ := strings.Cut(strings.Replace(mount, "${JITSIAUTH_SOURCE}", "../..", 1), ":")
		err := filepath.WalkDir(source, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if info, err := os.Stat(path); err != nil || info.Mode()&0o004 == 0 {
				t.Errorf("%s: not everybody may read %s (%v)", mount, path, err)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", mount, err)
		}
		// Prosody includes only these, and finds a module by its name.
		if base := filepath.Base(strings.TrimSuffix(mount, ":ro,z")); base != filepath.Base(source) {
			t.Errorf("%s changes the name", mount)
		}
	}

	// The name and port that nginx uses, and the port that the image listens on.
	if !strings.Contains(string(read(t, "nginx-custom/accounts.conf")), " http://authsvc:8090;") {
		t.Error("accounts.conf doesn't lead to authsvc:8090")
	}
	if !strings.Contains(string(read(t, "../../Dockerfile")), " JITSIAUTH_LISTEN=:8090\n") {
		t.Error("the image doesn't listen on 8090")
	}
}

// What .env must hold is what README.md says.
func TestVariables(t *testing.T) {
	required := regexp.MustCompile(`\$\{(\w+):\?`).FindAllSubmatch(read(t, override), -1)
	if len(required) == 0 {
		t.Fatal("no variable is required")
	}
	readme := string(read(t, "README.md"))
	for _, r := range required {
		if !strings.Contains(readme, "\n"+string(r[1])+"=") {
			t.Errorf("README.md has no line for %s", r[1])
		}
	}
	used := regexp.MustCompile(`\$\{(JITSIAUTH_\w+)`).FindAllSubmatch(read(t, override), -1)
	known := map[string]bool{}
	for _, name := range used {
		known[string(name[1])] = true
	}
	for _, name := range regexp.MustCompile(`(?m)^(JITSIAUTH_\w+)=`).FindAllStringSubmatch(readme, -1) {
		if !known[name[1]] {
			t.Errorf("README.md sets %s, which the override doesn't know", name[1])
		}
	}
}
