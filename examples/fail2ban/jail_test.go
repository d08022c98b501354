package fail2ban_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// etc is a directory such as /etc/fail2ban: Debian's own, without its jail for
// ssh, with our files, and with what an administrator puts into jitsiauth.local.
func (d tree) etc(t *testing.T, local ...string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(string(d), "etc/fail2ban"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "jail.d/defaults-debian.conf")); err != nil {
		t.Fatal(err)
	}
	for _, ours := range []string{"filter.d", "jail.d"} {
		if err := os.CopyFS(filepath.Join(dir, ours), os.DirFS(ours)); err != nil {
			t.Fatal(err)
		}
	}
	text := "[jitsiauth]\n" + strings.Join(local, "\n") + "\n"
	if err := os.WriteFile(filepath.Join(dir, "jail.d/jitsiauth.local"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// proposed are the settings that the jail's comments propose for
// jitsiauth.local, by name.
func proposed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("jail.d/jitsiauth.conf")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		setting, isComment := strings.CutPrefix(strings.TrimSpace(line), "#")
		if isComment && strings.Join(strings.Fields(setting), " ") == name {
			return setting
		}
	}
	t.Fatalf("the jail does not propose %q", name)
	return ""
}

// What fail2ban makes of the jail, as it is and in each way that its comments
// propose.
func TestJail(t *testing.T) {
	f2b := find(t)
	log := write(t, "")
	file := []string{proposed(t, "backend = auto"), strings.Replace(proposed(t, "logpath = /var/log/jitsiauth.log"), "/var/log/jitsiauth.log", log, 1)}
	docker := []string{proposed(t, "banaction = iptables-multiport"), proposed(t, "chain = DOCKER-USER")}
	for _, test := range []struct {
		name        string
		local, want []string
	}{
		{"as it is", nil, []string{
			"['add', 'jitsiauth', 'systemd']",
			"['set', 'jitsiauth', 'addjournalmatch', '_SYSTEMD_UNIT=jitsiauth.service', '+', '_SYSTEMD_UNIT=docker.service', 'CONTAINER_TAG=jitsiauth']",
			"['set', 'jitsiauth', 'maxretry', 30]", "['set', 'jitsiauth', 'findtime', '1h']", "['set', 'jitsiauth', 'bantime', '1h']",
			"'addignoreip', '127.0.0.0/8', '::1', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', ", "'fc00::/7', 'fe80::/10']",
			"<iptables> -I INPUT -p $proto -m multiport --dports 80,443 -j f2b-jitsiauth",
		}},
		{"a file", file, []string{"['add', 'jitsiauth', 'auto']", fmt.Sprintf("['set', 'jitsiauth', 'addlogpath', '%s', 'head']", log), "'logencoding', 'utf-8'"}},
		{"docker", docker, []string{"<iptables> -I DOCKER-USER -p $proto -m multiport --dports 80,443 -j f2b-jitsiauth"}},
		{"nftables", []string{proposed(t, "banaction = nftables-multiport")}, []string{"'addaction', 'nftables-multiport'"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			etc := f2b.etc(t, test.local...)
			if out := run(t, f2b.command(limit(t), "fail2ban-client", "-c", etc, "-t")); !strings.Contains(out, "OK: configuration test is successful") {
				t.Error(out)
			}
			dump := run(t, f2b.command(limit(t), "fail2ban-client", "-c", etc, "-d"))
			for _, want := range test.want {
				if !strings.Contains(dump, want) {
					t.Errorf("no %s in\n%s", want, dump)
				}
			}
		})
	}
}
