package browsertest

import "testing"

// Somebody changes their own password: the old one opens nothing any more.
func TestChangeOwnPassword(t *testing.T) {
	const changed = "another horse battery"
	w := newWorld(t).withProsody()
	w.add("taro", "user")
	meeting := w.meet("taro", password)
	elsewhere := w.browser("en")
	elsewhere.logIn("taro", password)

	p := w.browser("en")
	p.logIn("taro", password)
	p.follow("Change the password")
	p.fill("Present password", "not the right one")
	p.fill("New password", changed)
	p.fill("New password, again", changed)
	p.press("Change it")
	if p.said("Present password") == "" {
		t.Error("nothing is said of the wrong password")
	}
	w.wantXMPP("taro", password, "ok")

	p.fill("Present password", password)
	p.fill("New password", changed)
	p.fill("New password, again", changed)
	p.press("Change it")
	p.wants("Hello, taro")
	wantOut(t, meeting)
	w.wantXMPP("taro", password, "not-authorized")
	w.wantXMPP("taro", changed, "ok")
	elsewhere.reload()
	elsewhere.wants("You have been logged out.")
	p.reload()
	p.wants("Hello, taro")
}
