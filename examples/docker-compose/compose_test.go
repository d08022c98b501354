package compose_test

import (
	"os"
	"strings"
	"testing"
)

// composeVersion is one of the two Composes that people have.
type composeVersion struct {
	name  string
	words []string // the command
	env   []string
}

// composes are Debian 12's docker-compose, which is version 1, and version 2 as
// compose-v2.sh makes it; test.sh says where.
func composes(t *testing.T) []composeVersion {
	t.Helper()
	var versions []composeVersion
	if out, err := (command{}).try(t, "docker-compose", "version", "--short"); err == nil && strings.HasPrefix(out, "1.") {
		versions = append(versions, composeVersion{name: "v1", words: []string{"docker-compose"}, env: []string{"COMPOSE=docker-compose"}})
	} else {
		t.Logf("skipped: Compose v1: %s%v", out, err)
	}
	if v2 := os.Getenv("JITSIAUTH_COMPOSE_V2"); v2 != "" {
		// Without a builder of its own version 2 asks the engine's.
		versions = append(versions, composeVersion{name: "v2", words: []string{v2}, env: []string{"COMPOSE=" + v2, "DOCKER_BUILDKIT=0"}})
	} else {
		t.Log("skipped: Compose v2: compose-v2.sh says why")
	}
	if len(versions) == 0 {
		t.Fatal("there is no Compose at all")
	}
	return versions
}

// Both Composes take docker-compose.yml, and see no secret in it.
func TestConfig(t *testing.T) {
	needEngine(t)
	dir := clone(t)
	command{dir: dir}.run(t, "examples/docker-compose/up.sh", "--files")
	for _, compose := range composes(t) {
		t.Run(compose.name, func(t *testing.T) {
			c := command{dir: dir, env: compose.env}
			config := c.run(t, compose.words[0], append(compose.words[1:], "config")...)
			for name, secret := range secrets(t, dir) {
				if contains(config, secret) {
					t.Errorf("config shows %s", name)
				}
			}
		})
	}
}

// Without the files that up.sh makes, nothing starts half: the error says what to do.
func TestConfigWithoutSettings(t *testing.T) {
	needEngine(t)
	dir := clone(t)
	for _, compose := range composes(t) {
		t.Run(compose.name, func(t *testing.T) {
			out, err := command{dir: dir, env: compose.env}.try(t, compose.words[0], append(compose.words[1:], "config")...)
			if err == nil || !contains(err.Error(), "make up") {
				t.Errorf("config without .env: %v\n%s", err, out)
			}
		})
	}
}
