package browsertest

import "testing"

// Who is invited makes their own account, in a browser that has never been here,
// and is in a meeting a moment later.
func TestInvite(t *testing.T) {
	w := newWorld(t).withProsody()
	link := w.cli("", "invite")
	p := w.browser("ja")
	p.open(link)
	p.wants("アカウントを作る")
	p.fill("ID", "jiro")
	p.fill("パスワード", "short")
	p.fill("パスワード（確認）", "short")
	p.press("アカウントを作る")
	if p.said("パスワード") == "" {
		t.Error("nothing is said of the password")
	}
	if kept := p.value("ID"); kept != "jiro" {
		t.Errorf("the ID that is kept is %q", kept)
	}
	p.fill("パスワード", password)
	p.fill("パスワード（確認）", password)
	p.press("アカウントを作る")
	p.wants("アカウントができました。", "jiro@meet.jitsi", w.base)
	w.wantXMPP("jiro", password, "ok")

	late := w.browser("en")
	late.open(link)
	late.wants("This link can't be used")
}
