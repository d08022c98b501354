package browsertest

import "testing"

// The first minutes: the link that a command prints makes the first administrator,
// who logs in and sees the list of users.
func TestFirstRun(t *testing.T) {
	w := newWorld(t)
	link := w.cli("", "invite", "--admin")
	p := w.browser("en")
	p.open(link)
	p.fill("ID", "root")
	p.fill("Password", password)
	p.fill("Password, again", password)
	p.press("Make the administrator's account")
	p.wants("The administrator's account is there.", "root@meet.jitsi")
	p.follow("Log in to your account's page")

	p.fill("Jitsi ID", "root")
	p.fill("Password", password)
	p.press("Log in")
	p.wants("Hello, root", "Administrator")
	p.follow("Users")
	p.wants("root@meet.jitsi", "active")

	p.open(link)
	p.wants("This link can't be used")
}
