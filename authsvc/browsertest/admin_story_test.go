package browsertest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An invite that is made on the page is a link for the browser of somebody else, who
// is in a meeting a moment later. Revoked, the link is void.
func TestInviteOnPage(t *testing.T) {
	w := newWorld(t).withProsody()
	w.add("ken", "manager")
	p := w.browser("en")
	p.logIn("ken", password)
	p.follow("Invites")
	p.follow("Make an invite")
	p.fill("How many accounts it makes", "2")
	p.fill("Note", "guests of the workshop")
	p.press("Make the link")
	link := p.value("Its address")
	if !strings.HasPrefix(link, w.base+"/accounts/link/") {
		t.Errorf("the link is %s", link)
	}

	guest := w.browser("ja")
	guest.open(link)
	guest.fill("ID", "rokuro")
	guest.fill("パスワード", password)
	guest.fill("パスワード（確認）", password)
	guest.press("アカウントを作る")
	w.wantXMPP("rokuro", password, "ok")

	p.follow("Invites")
	p.wants("guests of the workshop", "1 of 2")
	p.lacks(strings.TrimPrefix(link, w.base+"/accounts/link/"))
	p.follow("Revoke guests of the workshop")
	p.press("Revoke the link")
	p.wants("The link was revoked")
	guest.open(link)
	guest.wants("このリンクは使えません")
}

// Somebody who has lost their password gets a link for a new one.
func TestResetLinkOnPage(t *testing.T) {
	const changed = "another horse battery"
	w := newWorld(t).withProsody()
	w.add("ken", "manager")
	w.add("taro", "user")
	p := w.browser("en")
	p.logIn("ken", password)
	p.follow("Users")
	p.follow("taro@meet.jitsi")
	p.follow("Make a reset link")
	p.press("Make the link")
	link := p.value("Its address")
	w.wantXMPP("taro", password, "ok")

	their := w.browser("en")
	their.open(link)
	their.wants("Choose a new password for taro@meet.jitsi.")
	their.fill("Password", changed)
	their.fill("Password, again", changed)
	their.press("Set this password")
	w.wantXMPP("taro", password, "not-authorized")
	w.wantXMPP("taro", changed, "ok")
}

// A token that is made on the page lets a program in until it is revoked there.
func TestTokenOnPage(t *testing.T) {
	w := newWorld(t)
	w.add("root", "admin")
	p := w.browser("en")
	p.logIn("root", password)
	p.follow("Tokens")
	p.follow("Make a token")
	p.fill("Name", "portal")
	p.choose("checkbox", "users:read")
	p.choose("radio", "no end")
	p.press("Make it")
	secret := filepath.Join(t.TempDir(), "portal.token")
	if err := os.WriteFile(secret, []byte(p.value("Token")), 0o600); err != nil {
		t.Fatal(err)
	}
	program := []string{"--server", "http://" + w.service.Addr, "--token-file", secret, "user", "list"}
	if users := w.cli("", program...); !strings.Contains(users, "root@meet.jitsi") {
		t.Errorf("the program sees %s", users)
	}
	p.follow("Tokens")
	p.follow("Revoke portal")
	p.press("Revoke it")
	p.wants("portal was revoked")
	if _, problem, err := w.service.CLI(limit(t), "", program...); err == nil {
		t.Errorf("the program is still let in: %s", problem)
	}
	p.follow("Log")
	p.wants("portal")
}

// A backup that was saved from the page is whole, and can be saved again.
func TestBackupOnPage(t *testing.T) {
	w := newWorld(t)
	w.add("root", "admin")
	p := w.browser("en")
	p.logIn("root", password)
	p.follow("Status")
	p.wants("meet.jitsi", w.base)
	p.follow("Backup")
	for range 2 {
		name, content := p.download(func() { p.click("button", "Download") })
		if !strings.HasSuffix(name, ".db") {
			t.Errorf("the backup is called %s", name)
		}
		file := filepath.Join(t.TempDir(), "backup.db")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if holds := w.cli("", "check", "--db", file); !strings.Contains(holds, "accounts 1") && !strings.Contains(holds, "users 1") {
			t.Errorf("check: %s", holds)
		}
	}
}
