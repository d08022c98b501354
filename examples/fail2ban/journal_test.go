package fail2ban_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
)

// journal makes a journal file of entries as journald keeps them.
func (d tree) journal(t *testing.T, entries []string) string {
	t.Helper()
	dir := t.TempDir()
	text, file := filepath.Join(dir, "export"), filepath.Join(dir, "test.journal")
	if err := os.WriteFile(text, []byte(strings.Join(entries, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := d.command(limit(t), "")
	cmd.Path = filepath.Join(string(d), "lib/systemd/systemd-journal-remote")
	cmd.Args = []string{cmd.Path, "--output", file, text}
	libraries, err := filepath.Glob(filepath.Join(string(d), "usr/lib/*-linux-gnu"))
	if err != nil || len(libraries) != 1 {
		t.Fatalf("libraries in %v (%v)", libraries, err)
	}
	cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+libraries[0]+":"+filepath.Join(libraries[0], "systemd"))
	run(t, cmd)
	return fmt.Sprintf("systemd-journal[journalfiles=%s]", file)
}

// entry is one message in the journal's export format. The fields that begin
// with "_" are journald's own in a real journal.
func entry(at time.Time, message string, fields ...string) string {
	return fmt.Sprintf("__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=1\n_BOOT_ID=%032x\n_MACHINE_ID=%032x\n_HOSTNAME=meet\nMESSAGE=%s\n%s\n",
		at.UnixMicro(), 1, 1, message, strings.Join(fields, "\n"))
}

// The systemd backend on a journal with the service's own lines: as a unit and
// from Docker's journald driver, and never what others wrote there.
func TestFilterOnTheJournal(t *testing.T) {
	f2b := find(t)
	s := newService(t, "TZ=Asia/Tokyo")
	s.add(t, "山田=太郎")
	for i, name := range []string{"山田=太郎", "nobody", "a b"} {
		_ = s.login(t, api.VerifyRequest{Username: name, Password: "wrong", Source: fmt.Sprintf("203.0.113.%d", i+1), Transport: "bosh"})
		_ = s.login(t, api.VerifyRequest{Username: name, Password: "wrong", Source: fmt.Sprintf("2001:db8::%d", i+1), Transport: "bosh"})
		_ = s.login(t, api.VerifyRequest{Username: name, Password: "wrong", Source: "198.51.100.1", Proxy: true, Transport: "bosh"})
	}
	from := func(fields ...string) []string { return fields }
	for _, test := range []struct {
		name   string
		fields []string
		taken  bool
	}{
		{"unit", from("_SYSTEMD_UNIT=jitsiauth.service", "SYSLOG_IDENTIFIER=jitsiauth", "_COMM=jitsiauth", "_PID=4711"), true},
		{"unit without identifier", from("_SYSTEMD_UNIT=jitsiauth.service", "_COMM=jitsiauth", "_PID=4711"), true},
		{"docker", from("_SYSTEMD_UNIT=docker.service", "CONTAINER_TAG=jitsiauth", "SYSLOG_IDENTIFIER=jitsiauth", "_COMM=dockerd", "_PID=812", "CONTAINER_NAME=jitsi-authsvc-1"), true},
		{"another container", from("_SYSTEMD_UNIT=docker.service", "CONTAINER_TAG=0123456789ab", "SYSLOG_IDENTIFIER=0123456789ab", "_PID=812"), false},
		{"somebody on the machine", from("_SYSTEMD_UNIT=user@1000.service", "CONTAINER_TAG=jitsiauth", "SYSLOG_IDENTIFIER=jitsiauth", "_PID=9"), false},
		{"another unit", from("_SYSTEMD_UNIT=prosody.service", "SYSLOG_IDENTIFIER=jitsiauth", "_PID=9"), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var entries, want, got []string
			at := time.Now().Add(-time.Minute).Truncate(time.Second)
			for line := range strings.Lines(s.Log()) {
				entries = append(entries, entry(at, strings.TrimSpace(line), test.fields...))
			}
			if test.taken {
				want = from("203.0.113.1", "2001:db8::1", "203.0.113.2", "2001:db8::2", "203.0.113.3", "2001:db8::3")
			}
			for _, b := range f2b.regex(t, f2b.journal(t, entries)) {
				got = append(got, b.addr)
				if b.at != at.Unix() {
					t.Errorf("%d instead of %d for %s", b.at, at.Unix(), b.line)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("taken: %v, want %v", got, want)
			}
		})
	}
}
