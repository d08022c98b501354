package browsertest

import (
	"strings"
	"testing"
)

// A page that is wrong in each of the ways that the look at pages is for. Without
// this test, a look that sees nothing would be taken for pages without fault.
const badPage = `<!doctype html>
<html lang="xx"><head><meta charset="utf-8"><title>Bad</title>
<style>
body { margin: 0; background: #fff; color: #000; font-size: 16px; }
.pale { color: #999; }
.onpale { background: #888; color: #000; } .onpale span { color: rgba(0, 0, 0, .5); }
.big { font-size: 24px; color: #aaa; }
@media (prefers-color-scheme: dark) { .night { color: #333; background: #000; } }
.wide { width: 400px; }
.tiny { display: inline-block; width: 10px; height: 10px; padding: 0; border: 0; }
.quiet:focus { outline: none; }
.gone { position: absolute; left: 5000px; }
input { border: 1px solid #ddd; }
</style></head><body>
<nav aria-label="x"></nav><nav aria-label="x"></nav>
<main>
<h1>One</h1><h1>Two</h1><h3>Three</h3>
<p class="pale">pale</p><p class="onpale"><span>half</span></p><p class="big">big and pale</p><p class="night">night</p>
<p class="wide">wide</p>
<p>Read <a href="/a" style="text-decoration: none">this</a> now.</p>
<p><button class="tiny" aria-label="a"></button><button class="tiny" aria-label="b"></button></p>
<p><button></button><a class="quiet" href="/quiet">quiet</a></p>
<p><a href="/last" tabindex="3">first by force</a></p>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" width="30" height="30">
<table><tr><th>A</th></tr></table>
<form><input name="bare"><input type="password" name="p" aria-label="Secret" autocomplete="off"><input type="radio" name="r" aria-label="R">
<input id="x" aria-label="X" aria-invalid="true" aria-describedby="nothing"><p class="wrong" id="lost">Lost</p></form>
<input readonly size="4" aria-label="cut" value="a long password that is shown once">
<dl style="display: grid; grid-template-columns: 300px 20px; width: 320px"><dt>squeezed</dt><dd style="margin: 0; overflow-wrap: anywhere">2026-11-25 01:15 JST</dd></dl>
<p id="x">twice</p><p class="note error">silent</p><p class="note done">silent, too</p>
</main></body></html>`

func TestLookSeesDefects(t *testing.T) {
	p := newPerson(t, "en")
	p.open(evil(t, "bad.example.org", badPage))
	found := strings.Join(p.accessible(), "\n")
	for _, want := range []string{
		"narrow, dark: text has a contrast of", "desk, light: text has a contrast of 2.85, not 4.5: <p class=pale>",
		"<span> half", "contrast of 2.32, not 3: <p class=big>", "desk, dark: text has a contrast of 1.66, not 4.5: <p class=night>",
		"narrow, light: reaches 80 out of the window: <p class=wide>", "narrow, light: the page is 400 wide",
		"told from text by its colour alone", "a target of 10×10", "a button without a name", "an order of its own for the keyboard",
		"the edge of a field has a contrast of", "the page has no language", "the page has no title", "or is not for phones",
		"2 of a first heading", "0 of a header", "a heading of level 3 after one of 1", "no names of their own", "nothing skips to the content",
		"the id x stands there twice", "points at nothing: nothing", "a picture without a text", "doesn't say of what", "a table without a name",
		"is not said with it", "belongs to no field", "not announced", "choices without a question", "no password manager knows", "a field without a label",
		"the Tab key goes from stop", "what a field shows is cut off", "in a column that is too narrow: <dd>",
	} {
		if !strings.Contains(found, want) {
			t.Errorf("not seen: %s", want)
		}
	}
	if strings.Contains(found, "desk, light: text has a contrast of 1.66") {
		t.Error("the night's colours were seen by day")
	}
	if t.Failed() {
		t.Log(found)
	}
	p.expects("") // such a page may complain of anything
}

// Where the focus can't be seen, or is out of sight, the keyboard's way says so.
func TestLookSeesTheFocus(t *testing.T) {
	p := newPerson(t, "en")
	p.open(evil(t, "bad.example.org", `<!doctype html><html lang="en"><title>Focus</title><style>.quiet:focus { outline: none; } .gone { position: absolute; left: -5000px; }</style>
		<p><a href="/1">plain</a> <a class="quiet" href="/2">quiet</a> <a class="gone" href="/3">gone</a></p>`))
	found := strings.Join(p.tabbed(), "\n")
	for _, want := range []string{"the focus is not seen: <a class=\"quiet\"", "the focus is out of sight: <a class=\"gone\""} {
		if !strings.Contains(found, want) {
			t.Errorf("not seen: %s in %q", want, found)
		}
	}
	if strings.Contains(found, "plain") {
		t.Errorf("seen where nothing is: %s", found)
	}
	p.expects("")
}

// What a page does that it must not do is heard.
func TestWatchHears(t *testing.T) {
	for what, c := range map[string]struct{ body, want string }{
		"console":       {`<script>console.warn('careful')</script>`, "careful"},
		"exception":     {`<script>undefinedFunction()</script>`, "undefinedFunction is not defined"},
		"dialog":        {`<script>alert('boo')</script>`, "a dialog opened: boo"},
		"missing file":  {`<script src="/accounts/nothing.js"></script>`, "404"},
		"policy":        {`<meta http-equiv="Content-Security-Policy" content="script-src 'none'"><img src=x onerror="alert(1)">`, "Content Security Policy"},
		"another host":  {`<img src="https://elsewhere.example.com/x.png">`, "asked another host: https://elsewhere.example.com/x.png"},
		"failed to ask": {`<img src="https://elsewhere.example.com/x.png">`, "not loaded: Image net::ERR_NAME_NOT_RESOLVED"},
	} {
		t.Run(what, func(t *testing.T) {
			p := newPerson(t, "en")
			heard := p.expects(c.want)
			p.open(evil(t, "bad.example.org", "<!doctype html><title>bad</title>"+c.body))
			p.waitHeard(heard)
			p.expects("")
		})
	}
}
