package lua_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
	"github.com/jitsiauth/server/lua/prosodytest"
	"github.com/jitsiauth/server/lua/xmpptest"
)

// pair is a name and a password as a person types them.
type pair struct {
	name, username, password string
	// beyond says that our documented rule of 72 bytes refuses a password that
	// internal_hashed takes.
	beyond bool
	// cut says that Prosody's SASL drops what follows a NUL, so that another
	// password is compared than the one that was typed.
	cut bool
	// unstorable says that Prosody can't make the account: its file name would be
	// too long, or prosodyctl 13.0 refuses a name with code points unassigned in
	// Unicode 3.2, which its own SASL takes, and 0.12 takes altogether.
	unstorable bool
}

var grid = []pair{
	{name: "ASCII", username: "alice", password: "correct horse"},
	{name: "capitals", username: "ALICE", password: "Correct HORSE"},
	{name: "full-width", username: "ＡＬＩＣＥ１", password: "ｐａｓｓ１"},
	{name: "half-width kana", username: "ｶﾞｷﾞｸﾞ", password: "ﾊﾟｽﾜｰﾄﾞ"},
	{name: "kanji", username: "山田太郎", password: "正しい馬"},
	{name: "emoji", username: "sushi🍣", password: "🍣🍶🍣", unstorable: true},
	{name: "emoji in the password", username: "plain", password: "🍣🍶🍣"},
	{name: "emoji with joiner", username: "family", password: "👩‍👧"},
	{name: "composed", username: "é", password: "é à"},
	{name: "combining marks", username: "e\u0301", password: "e\u0301 a\u0300"},
	{name: "ligature, circled, Roman", username: "ﬁ①Ⅸ", password: "ﬁ①Ⅸ"},
	{name: "sharp s", username: "Straße", password: "Straße"},
	{name: "final sigma", username: "ς", password: "ς"},
	{name: "Turkish I", username: "İi", password: "İi"},
	{name: "leading and trailing space", username: "spaces", password: "  a b  "},
	{name: "only spaces", username: "onlyspaces", password: "   "},
	{name: "ideographic space", username: "wide", password: "a　b"},
	{name: "no-break space", username: "nobreak", password: "a\u00a0b"},
	{name: "zero width space", username: "zero", password: "a\u200bb"},
	{name: "soft hyphen", username: "so\u00adft", password: "so\u00adft"},
	{name: "assigned after Unicode 3.2", username: "ẞ\u0221", password: "ẞ\u0221", unstorable: true},
	{name: "right to left", username: "شالوم", password: "שלום"},
	{name: "right to left, mixed", username: "mixed", password: "اa1"},
	{name: "symbols", username: "a.b_c-d+e=f~g!h#i$j%k^l*(m)", password: `"<&>'/@:\%`},
	{name: "leading dash", username: "-dash", password: "-p"},
	{name: "72 bytes", username: "bytes72", password: strings.Repeat("a", 72)},
	{name: "73 bytes", username: "bytes73", password: strings.Repeat("a", 73), beyond: true},
	{name: "24 kana", username: "kana24", password: strings.Repeat("あ", 24)},
	{name: "25 kana", username: "kana25", password: strings.Repeat("あ", 25), beyond: true},
	{name: "1023 bytes of password", username: "bytes1023", password: strings.Repeat("a", 1023), beyond: true},
	{name: "1024 bytes of password", username: "bytes1024", password: strings.Repeat("a", 1024)},
	{name: "1023 bytes of name", username: strings.Repeat("n", 1023), password: "p", unstorable: true},
	{name: "1024 bytes of name", username: strings.Repeat("n", 1024), password: "p"},
	{name: "NUL in the password", username: "nul", password: "se\x00cret", cut: true},
	{name: "control character", username: "control", password: "a\x07b"},
	{name: "invalid UTF-8", username: "invalid", password: "a\xff"},
	{name: "private use", username: "private", password: "a\ue000"},
	{name: "replacement character", username: "replaced", password: "a\ufffd"},
	{name: "direction mark", username: "mark", password: "a\u200eb"},
	{name: "at", username: "a@b", password: "p"},
	{name: "slash", username: "a/b", password: "p"},
	{name: "quote", username: `a"b`, password: "p"},
	{name: "ampersand and angle", username: "a&<b>", password: "p"},
	{name: "colon, apostrophe", username: "a:b'c", password: "p"},
	{name: "space in the name", username: "a b", password: "p"},
	{name: "ideographic space in the name", username: "a　b", password: "p"},
	{name: "invisible name", username: "\u00ad", password: "p"},
	{name: "empty name", username: "", password: "p"},
	{name: "empty password", username: "empty", password: ""},
}

// TestGrid: each pair behaves the same whether the account was made by command
// or over HTTP, and as it does with Prosody's own internal_hashed, but for the
// documented rule of 72 bytes.
func TestGrid(t *testing.T) {
	prosodytest.EachVersion(t, func(t *testing.T, v prosodytest.Version) {
		t.Parallel()
		w := newWorld(t, options{version: v})
		own := prosodytest.StartTest(t, prosodytest.Config{Version: v})
		byHTTP := httpClient(t, w)
		for _, p := range grid {
			t.Run(p.name, func(t *testing.T) {
				w := *w
				w.t = t
				reference := ownOutcome(t, own, p)
				if p.beyond {
					reference = "not-authorized"
				}
				if p.unstorable {
					reference = "ok"
				}
				// A password that we refuse to prepare has no reference account.
				// Prosody can still say by itself whether it would take the pair.
				if reference == "not-authorized" && !p.beyond && !p.cut {
					t.Errorf("Prosody takes this pair, and we have no account for it")
				}
				if !strings.Contains(p.username, "\x00") {
					if got := w.afterCLI(p); got != reference {
						t.Errorf("made by command: %s; Prosody's own: %s", got, reference)
					}
				}
				if got := w.afterHTTP(byHTTP, p); got != reference {
					t.Errorf("made over HTTP: %s; Prosody's own: %s", got, reference)
				}
			})
		}
	})
}

// ownOutcome is what internal_hashed says to the typed pair. prosodyctl keeps
// what it is given, so it is given the prepared forms, where there are any.
func ownOutcome(t *testing.T, own *prosodytest.Server, p pair) string {
	t.Helper()
	local, nameErr := jitsiauth.PrepareLocal(p.username)
	password, passwordErr := jitsiauth.PreparePassword(p.password)
	if nameErr == nil && passwordErr == nil && !p.unstorable {
		if err := own.Register(limit(t), local, own.Domain, password); err != nil {
			t.Fatal(err)
		}
	}
	return outcome(t, xmpptest.WebSocket, own.Endpoint(), p.username, p.password)
}

// afterCLI makes the account by command, logs in and removes it. A refusal to
// make it must name a field and change nothing. What is made can log in.
func (w *world) afterCLI(p pair) string {
	w.t.Helper()
	_, stderr, err := w.service.CLI(limit(w.t), p.password, "user", "add", "--password-stdin", "--allow-weak", "--", p.username)
	if err != nil {
		if !strings.Contains(stderr, "error: username: ") && !strings.Contains(stderr, "error: password: ") &&
			!strings.Contains(stderr, "error: jid: ") && !strings.Contains(stderr, "error: domain: ") {
			w.t.Errorf("the refusal names no field: %s", stderr)
		}
		if len(p.password) > 2 && strings.Contains(stderr, p.password) {
			w.t.Errorf("the refusal shows the password: %s", stderr)
		}
		return w.login(xmpptest.WebSocket, p.username, p.password)
	}
	w.expect(xmpptest.WebSocket, p.username, p.password, "ok")
	w.cli("", "user", "delete", "--yes", "--", p.username)
	return "ok"
}

// afterHTTP is afterCLI over HTTP.
func (w *world) afterHTTP(c *client.Client, p pair) string {
	w.t.Helper()
	made, err := c.CreateUser(limit(w.t), api.NewUser{Username: p.username, Password: p.password, AllowWeak: true})
	if err != nil {
		// The client itself refuses what JSON can't carry.
		var invalid *jitsiauth.InvalidError
		if !errors.As(err, &invalid) {
			w.t.Errorf("the refusal names no field: %v", err)
		}
		return w.login(xmpptest.WebSocket, p.username, p.password)
	}
	w.expect(xmpptest.WebSocket, p.username, p.password, "ok")
	if err := c.DeleteUser(limit(w.t), made.JID); err != nil {
		w.t.Errorf("delete %q: %v", made.JID, err)
	}
	return "ok"
}

// httpClient speaks to the service over TCP with a token of its own.
func httpClient(t *testing.T, w *world) *client.Client {
	t.Helper()
	token := strings.TrimSpace(w.cli("", "token", "create", "grid", "--scope", "admin"))
	c, err := client.New(client.Options{Server: "http://" + w.service.Addr, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
