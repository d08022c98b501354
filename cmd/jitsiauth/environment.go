package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// environment holds the JITSIAUTH_* variables, and no others.
type environment map[string]string

// settings are the variables that mean something, each with its flag or with
// the kind of thing it is.
var settings = []string{
	"JITSIAUTH_DB", "JITSIAUTH_LISTEN", "JITSIAUTH_SOCKET", "JITSIAUTH_SOCKET_GROUP", "JITSIAUTH_DOMAIN",
	"JITSIAUTH_TIMEZONE", "JITSIAUTH_BCRYPT_COST", "JITSIAUTH_HASHERS", "JITSIAUTH_LOGIN_CACHE", "JITSIAUTH_COMPAT_AUTH",
	"JITSIAUTH_CHANGES_RETENTION", "JITSIAUTH_LOGINS_RETENTION", "JITSIAUTH_SEED_FILE", "JITSIAUTH_SEED_PASSWORDS_FILE",
	"JITSIAUTH_PROSODY_TOKEN", "JITSIAUTH_PROSODY_TOKEN_FILE",
	"JITSIAUTH_TLS_CERT", "JITSIAUTH_TLS_KEY", "JITSIAUTH_TRUSTED_PROXIES", "JITSIAUTH_PUBLIC_URL", "JITSIAUTH_PAGES_URL",
	"JITSIAUTH_SERVER", "JITSIAUTH_TOKEN", "JITSIAUTH_TOKEN_FILE",
}

func readEnvironment(environ []string) environment {
	env := environment{}
	for _, pair := range environ {
		// An empty variable is one that is not set: Compose hands those on.
		if name, value, _ := strings.Cut(pair, "="); value != "" && strings.HasPrefix(name, "JITSIAUTH_") {
			env[name] = value
		}
	}
	return env
}

// check refuses variables that nothing reads: a misspelt setting would
// otherwise be a setting that silently isn't there.
func (env environment) check() error {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if !slices.Contains(settings, name) {
			return usageError("unknown setting "+name+" in the environment", "known are "+strings.Join(settings, ", "))
		}
	}
	return nil
}

// or returns the variable, or what stands in for it where it is empty.
func (env environment) or(name, standIn string) string {
	if value := env[name]; value != "" {
		return value
	}
	return standIn
}

// secret reads a secret from the variable or from the file that name_FILE
// names; "" where there is neither.
func (env environment) secret(name string) (string, error) {
	value, file := env[name], env[name+"_FILE"]
	if value != "" && file != "" {
		return "", usageError(name+" and "+name+"_FILE are both set", "leave one of them out")
	}
	if file == "" {
		return value, nil
	}
	secret, err := readSecret(file)
	if err != nil {
		return "", usageError(fmt.Sprintf("%s_FILE: %v", name, err), "")
	}
	return secret, nil
}

const maxSecret = 4 << 10

// readSecret returns the first and only line of a file.
func readSecret(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	if len(text) > maxSecret {
		return "", fmt.Errorf("%s is longer than %d bytes, which no token is", file, maxSecret)
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" {
		return "", fmt.Errorf("%s is empty", file)
	}
	if strings.ContainsAny(secret, "\r\n") {
		return "", fmt.Errorf("%s must hold one line", file)
	}
	return secret, nil
}
