package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/lua/servicetest"
)

// startService builds the program, with the costs that people have, and runs it. What
// it hashes it hashes one by one, so that an import is not over before it is stopped.
func startService(t *testing.T) *servicetest.Service {
	t.Helper()
	bin, err := servicetest.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	service := &servicetest.Service{Config: servicetest.Config{Bin: bin, Dir: t.TempDir(), Env: []string{"JITSIAUTH_BCRYPT_COST=10", "JITSIAUTH_HASHERS=1"}}}
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(service.Kill)
	return service
}

// TestImportStopped ends an import of plain passwords by Ctrl-C half-way, and goes on
// with the command that it is told: all accounts are there, none twice, and those of
// the first half as they were. Passwords that the service made are printed once each.
func TestImportStopped(t *testing.T) {
	const accounts, enough = 70, 20
	service := startService(t)
	var text strings.Builder
	text.WriteString("username,password,generate\n")
	for i := range accounts {
		if i%10 == 0 {
			fmt.Fprintf(&text, "person%d,,true\n", i)
		} else {
			fmt.Fprintf(&text, "person%d,correct horse %d,\n", i, i)
		}
	}
	file := filepath.Join(t.TempDir(), "the staff.csv")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}

	stdout, stderr := stopAfter(t, service, enough/10, "import", "--mode", "create", file)
	done := regexp.MustCompile(`error: interrupted: at least (\d+) lines are done, and stay\nhint: to go on, and leave alone what is done: (.*--mode fill)\n`).FindStringSubmatch(stderr)
	if done == nil {
		t.Fatalf("it says %q", stderr)
	}
	before := exported(t, service)
	if n := len(before); n < enough-9 || n >= accounts || done[1] == "0" {
		t.Fatalf("%d of %d accounts are there, %s were said to be", n, accounts, done[1])
	}

	shell := exec.CommandContext(t.Context(), "sh", "-c", done[2])
	shell.Env = append(service.Environ(), "PATH="+filepath.Dir(service.Bin)+":"+os.Getenv("PATH"))
	var more, problems strings.Builder
	shell.Stdout, shell.Stderr = &more, &problems
	if err := shell.Run(); err != nil {
		t.Fatalf("%s: %v: %s", done[2], err, problems.String())
	}
	// What was under way when it was stopped may have been written after the look.
	var created, unchanged int
	if _, err := fmt.Sscanf(problems.String(), "%d created, 0 updated, %d unchanged, 0 refused\n", &created, &unchanged); err != nil ||
		created+unchanged != accounts || unchanged < len(before) || created == 0 {
		t.Errorf("it says %q, and %d were there (%v)", problems.String(), len(before), err)
	}
	after := exported(t, service)
	if len(after) != accounts {
		t.Errorf("%d accounts are there, not %d", len(after), accounts)
	}
	for jid, hash := range before {
		if after[jid] != hash {
			t.Errorf("%s was there, and was changed", jid)
		}
	}
	printed, lost := stdout+more.String(), 0
	for i := range accounts {
		jid := fmt.Sprintf("person%d@meet.jitsi", i)
		password := fmt.Sprintf("correct horse %d", i)
		if i%10 == 0 {
			lines := regexp.MustCompile("(?m)^"+regexp.QuoteMeta(jid)+"\t(.*)$").FindAllStringSubmatch(printed, -1)
			if len(lines) == 0 && lost == 0 {
				lost++ // written at the moment it was stopped: the hint is about such
				continue
			}
			if len(lines) != 1 {
				t.Errorf("the password of %s was printed %d times", jid, len(lines))
				continue
			}
			password = lines[0][1]
		}
		if i%10 < 2 && bcrypt.CompareHashAndPassword([]byte(after[jid]), []byte(password)) != nil {
			t.Errorf("the password of %s doesn't fit", jid)
		}
	}
	if strings.Contains(stdout, "\t") && !strings.Contains(stderr, "of one whose password was not printed") {
		t.Errorf("it doesn't say what to do about passwords that were not printed: %q", stderr)
	}
}

// stopAfter runs a command and sends it a SIGINT once it has printed some lines.
func stopAfter(t *testing.T, service *servicetest.Service, lines int, args ...string) (stdout, stderr string) {
	t.Helper()
	return interrupt(t, service, lines, func(cmd *exec.Cmd) {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
	}, args...)
}

// interrupt runs a command that is to fail, and calls stop once it has printed some
// lines.
func interrupt(t *testing.T, service *servicetest.Service, lines int, stop func(*exec.Cmd), args ...string) (stdout, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), service.Bin, args...)
	var problems strings.Builder
	cmd.Env, cmd.Stderr = service.Environ(), &problems
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	in := bufio.NewScanner(out)
	for n := 1; in.Scan(); n++ {
		fmt.Fprintln(&all, in.Text())
		if n == lines {
			stop(cmd)
		}
	}
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != exitError {
		t.Fatalf("it ended with %v: %s", err, problems.String())
	}
	return all.String(), problems.String()
}

// exported are the hashes of all accounts.
func exported(t *testing.T, service *servicetest.Service) map[string]string {
	t.Helper()
	stdout, stderr, err := service.CLI(t.Context(), "", "export", "--hashes")
	if err != nil {
		t.Fatal(stderr)
	}
	hashes := map[string]string{}
	for lines := json.NewDecoder(strings.NewReader(stdout)); lines.More(); {
		var u api.ExportedUser
		if err := lines.Decode(&u); err != nil {
			t.Fatal(err)
		}
		if _, twice := hashes[u.JID]; twice {
			t.Errorf("%s is there twice", u.JID)
		}
		hashes[u.JID] = u.PasswordHash
	}
	return hashes
}

// TestImportCutOff kills the service in the middle: what is done is told, and how to go
// on.
func TestImportCutOff(t *testing.T) {
	service := startService(t)
	file := filepath.Join(t.TempDir(), "staff.csv")
	text := "username,generate\n"
	for i := range 50 {
		text += fmt.Sprintf("person%d,true\n", i)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr := interrupt(t, service, 5, func(*exec.Cmd) { service.Kill() }, "import", file)
	if !regexp.MustCompile(`error: after [1-9]\d* lines: the answer was cut off .*\nhint: to go on, and leave alone what is done: jitsiauth import \S+ --mode fill\n`).MatchString(stderr) {
		t.Errorf("it says %q", stderr)
	}
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	if there := len(exported(t, service)); there < 5 || there >= 50 {
		t.Errorf("%d accounts are there", there)
	}
}

// TestImportProsodyStopped ends an import of passwords in plain text, which have to be
// hashed, and gives the same command again.
func TestImportProsodyStopped(t *testing.T) {
	const accounts = 50
	service := startService(t)
	folder := filepath.Join(t.TempDir(), "data", "meet%2ejitsi", "accounts")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range accounts {
		text := fmt.Sprintf("return {\n\t[\"password\"] = \"correct horse %d\";\n};\n", i)
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("person%03d.dat", i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Dir(filepath.Dir(folder))
	stdout, stderr := stopAfter(t, service, 10, "import", "prosody", path)
	if want := "hint: to go on, and leave alone what is done: jitsiauth import prosody " + path + "\n"; !strings.Contains(stderr, want) {
		t.Errorf("it says %q, want %q", stderr, want)
	}
	before := exported(t, service)
	if told := strings.Count(stdout, "  added\n"); told < 10 || told > len(before) || len(before) >= accounts {
		t.Fatalf("%d accounts were said to be added, %d are there", told, len(before))
	}
	stdout, stderr, err := service.CLI(t.Context(), "", "import", "prosody", path)
	if there := strings.Count(stdout, "  is there, left alone\n"); err != nil || there < len(before) || there > accounts-1 {
		t.Errorf("%v: %s", err, stderr)
	}
	after := exported(t, service)
	if len(after) != accounts {
		t.Errorf("%d accounts are there", len(after))
	}
	for jid, hash := range before {
		if after[jid] != hash {
			t.Errorf("%s was there, and was changed", jid)
		}
	}
}

// TestImportWeak takes what "htpasswd -B" makes unless told otherwise: not at once, but
// the advice says how.
func TestImportWeak(t *testing.T) {
	service := startService(t)
	const weak = "alice:$2y$05$NEHsxQ/LGAMFrojJeMW4ueyv/xPYm0g63JxYhfzUd327zj8pjvuNy\n"
	_, stderr, err := service.CLI(t.Context(), weak, "import", "htpasswd", "-")
	if err != nil || !strings.Contains(stderr, "stronger one of it: jitsiauth import htpasswd - --allow-weak\n") {
		t.Errorf("%v: %s", err, stderr)
	}
	if hashes := exported(t, service); hashes["alice@meet.jitsi"] != "" {
		t.Errorf("there is %q", hashes)
	}
	stdout, stderr, err := service.CLI(t.Context(), weak, "import", "htpasswd", "-", "--allow-weak")
	if err != nil || stdout != "alice@meet.jitsi  password filled in\n" || strings.Contains(stderr, "allow-weak") {
		t.Errorf("%v: %s%s", err, stdout, stderr)
	}
	if hashes := exported(t, service); !strings.HasPrefix(hashes["alice@meet.jitsi"], "$2y$05$") {
		t.Errorf("there is %q", hashes)
	}
}
