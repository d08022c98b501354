package browsertest

import (
	"encoding/csv"
	"strings"
	"testing"
)

// sheet is what somebody typed into a table, with mistakes.
const sheet = "username,display_name,email,valid_until\n" +
	"saburo,鈴木 三郎,saburo@example.com,\n" +
	"shiro,伊藤 四郎,not an address,\n" +
	"a b,空白,,\n" +
	"goro,<img src=x onerror=alert(1)>,goro@example.com,2099-12-31\n"

// Accounts come from a sheet: what is wrong in it is shown before anything changes,
// the rest is added, and the passwords, which are saved once, open meetings.
func TestImport(t *testing.T) {
	w := newWorld(t).withProsody()
	w.add("root", "admin")
	p := w.browser("en")
	p.logIn("root", password)
	p.follow("Import and export")
	name, template := p.download(func() { p.click("link", "Download a template (CSV)") })
	if !strings.HasSuffix(name, ".csv") || !strings.Contains(template, "username") {
		t.Errorf("the template %s is %q", name, template)
	}

	p.attach("staff.csv", sheet)
	p.choose("checkbox", "Make a password")
	p.press("See what would happen")
	p.wants("Nothing has changed yet", "staff.csv", "Lines with a problem", "saburo@meet.jitsi", "<img src=x onerror=alert(1)>")
	p.wantNothingPlanted("the preview")
	if users := w.cli("", "user", "list"); strings.Contains(users, "saburo") {
		t.Errorf("added before anybody said so: %s", users)
	}
	p.press("Begin the import")
	p.wait("document.querySelector('h1').innerText === 'What came of the import'") // by itself
	p.wants("Lines with a problem", "Passwords that were made")
	p.wantNothingPlanted("the result")

	name, saved := p.download(func() { p.click("button", "Download the passwords (CSV, once)") })
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(saved, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 3 || !strings.HasSuffix(name, ".csv") {
		t.Fatalf("%s: %q %v", name, saved, err)
	}
	for _, row := range rows[1:] {
		w.wantXMPP(row[0], row[2], "ok")
	}
	p.open("/accounts/import/job")
	p.lacks(rows[1][2], rows[2][2])
	p.follow("Users")
	p.wants("鈴木 三郎", "<img src=x onerror=alert(1)>")
	p.wantNothingPlanted("the list")
	p.lacks("shiro@")
}
