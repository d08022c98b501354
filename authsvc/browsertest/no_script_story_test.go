package browsertest

import "testing"

// All that can be done can be done where scripts are switched off.
func TestWithoutScripts(t *testing.T) {
	w := newWorld(t).withProsody()
	w.add("root", "admin")
	p := w.browser("en")
	p.withoutScripts()
	p.logIn("root", password)
	p.follow("Users")
	if boxes := p.nodes("button", "Copy"); len(boxes) != 0 {
		t.Error("a button that needs a script is shown")
	}
	p.follow("Add an account")
	p.fill("ID", "hanako")
	p.choose("radio", "no end")
	p.press("Add")
	given := p.value("Password")
	if buttons := p.nodes("button", "Copy"); len(buttons) != 0 {
		t.Error("a button that needs a script is shown")
	}
	w.wantXMPP("hanako", given, "ok")

	p.follow("Show this account")
	p.follow("Change it")
	p.fill("Name", "Hanako")
	p.press("Save")
	p.wants("Saved, and in force now", "Hanako")
	p.press("Disable")
	w.wantXMPP("hanako", given, "account-disabled")
	p.press("Enable")
	w.wantXMPP("hanako", given, "ok")
	p.follow("Reset the password")
	p.press("Reset it")
	w.wantXMPP("hanako", given, "not-authorized")
	w.wantXMPP("hanako", p.value("Password"), "ok")

	p.follow("Back to the list")
	p.fill("Search", "hana")
	p.press("Show")
	p.choose("checkbox", "Choose hanako@meet.jitsi")
	p.clickNode(p.node("DisclosureTriangle", "Change the chosen ones at once"), 1)
	p.press("Disable the chosen ones")
	p.wants("saved: disabled")
	p.follow("hanako@meet.jitsi")
	p.follow("Delete")
	p.press("Delete it for good")
	p.wants("hanako@meet.jitsi was deleted")
	p.press("日本語")
	p.press("ログアウト")
	p.wants("ログアウトしました。")
}
