package browsertest

import "testing"

// Somebody is disabled while they are in a meeting and at their own page: both end
// at once. Enabled again, they get in with the same password.
func TestDisableSomebody(t *testing.T) {
	w := newWorld(t).withProsody()
	w.add("root", "admin")
	w.add("taro", "user")
	meeting := w.meet("taro", password)
	their := w.browser("en")
	their.logIn("taro", password)

	p := w.browser("en")
	p.logIn("root", password)
	p.follow("Users")
	p.follow("taro@meet.jitsi")
	p.reloadUntil("room@") // Prosody reports a moment later
	p.press("Disable")
	p.wants("Disabled, and in force now")
	wantOut(t, meeting)
	w.wantXMPP("taro", password, "account-disabled")
	their.reload()
	their.wants("You have been logged out.")
	their.fill("Jitsi ID", "taro")
	their.fill("Password", password)
	their.press("Log in")
	their.wants("This account is disabled.")

	p.press("Enable")
	p.wants("Enabled, and in force now")
	w.wantXMPP("taro", password, "ok")
	their.logIn("taro", password)
}
