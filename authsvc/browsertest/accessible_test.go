package browsertest

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/chromedp/cdproto/input"
)

// lookScript returns what is wrong with the page as it is shown.
//
//go:embed accessible.js
var lookScript string

// accessible returns what is wrong with the page in both colours, at desk and in the
// narrowest window that WCAG asks for, for a screen reader, and for the keyboard.
func (p *tab) accessible() (wrong []string) {
	p.t.Helper()
	for _, size := range []viewport{narrow, desk} { // desk is left as it was
		for _, scheme := range []string{"dark", "light"} {
			p.size(size)
			p.colours(scheme)
			for _, text := range eval[[]string](p, lookScript) {
				wrong = append(wrong, fmt.Sprintf("%s, %s: %s", size.name, scheme, text))
			}
		}
	}
	return slices.Concat(wrong, p.unnamed(), p.tabbed())
}

// speaking are the roles that say nothing without a name.
var speaking = []string{
	"button", "link", "textbox", "searchbox", "checkbox", "radio", "combobox", "listbox", "spinbutton", "Date",
	"DisclosureTriangle", "image", "img", "region", "heading", "progressbar",
}

// unnamed asks the browser's own accessibility tree, which screen readers read.
func (p *tab) unnamed() (wrong []string) {
	p.t.Helper()
	for _, n := range p.tree("") {
		role := valueOf(n.Role)
		if slices.Contains(speaking, role) && valueOf(n.Name) == "" {
			markup := p.onNode(n.BackendDOMNodeID, "function() { return this.outerHTML ? this.outerHTML.slice(0, 120) : this.nodeName; }")
			wrong = append(wrong, fmt.Sprintf("a %s without a name: %s", role, markup))
		}
	}
	for role, most := range map[string]int{"main": 1, "banner": 1} {
		if n := len(p.tree(role)); n != most {
			wrong = append(wrong, fmt.Sprintf("%d of role %s", n, role))
		}
	}
	return wrong
}

// tabScript begins at the top of the page, and returns how many stops the Tab key
// should make.
const tabScript = `(() => {
	document.activeElement.blur();
	scrollTo(0, 0);
	getSelection().removeAllRanges();
	const first = document.createElement('span'); // the keyboard begins behind it
	first.tabIndex = -1;
	document.body.prepend(first);
	first.focus();
	window.stops = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')].filter((e) => {
		if (e.disabled || !e.checkVisibility({visibilityProperty: true})) return false;
		if (e.type !== 'radio') return true;
		const group = [...e.form.elements].filter((o) => o.type === 'radio' && o.name === e.name);
		return e === (group.find((o) => o.checked) || group[0]);
	});
	return window.stops.length;
})()`

// stopScript tells of the element that has the focus: its place among the stops, -1
// if it is none, and what is wrong with it.
const stopScript = `(() => {
	const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
	const at = window.stops.indexOf(e);
	let wrong = '';
	if (s.outlineStyle === 'none' || s.outlineStyle !== 'auto' && parseFloat(s.outlineWidth) < 2) wrong = 'the focus is not seen';
	if (r.right < 1 || r.left > innerWidth || r.bottom < 1 || r.top > innerHeight) wrong = 'the focus is out of sight';
	return {At: at, Wrong: wrong && at >= 0 ? wrong + ': ' + e.outerHTML.slice(0, 120) : ''};
})()`

// tabbed goes through the page by the Tab key: it must come to all that can be used,
// in the order of the page, and be seen where it is.
func (p *tab) tabbed() (wrong []string) {
	p.t.Helper()
	want := eval[int](p, tabScript)
	const inDate = 6 // a date is more than one stop
	last := -1
	for range want * inDate {
		p.key("Tab", 9)
		stop := eval[struct {
			At    int
			Wrong string
		}](p, stopScript)
		if stop.At == last && last >= 0 {
			continue
		}
		if stop.At != last+1 {
			wrong = append(wrong, fmt.Sprintf("the Tab key goes from stop %d of %d to %d: %s", last, want, stop.At,
				eval[string](p, fmt.Sprintf("(window.stops[%d] || document.activeElement).outerHTML.slice(0, 120)", last+1))))
			break
		}
		if stop.Wrong != "" {
			wrong = append(wrong, stop.Wrong)
		}
		if last = stop.At; last == want-1 {
			break
		}
	}
	eval[bool](p, "document.activeElement.blur(); scrollTo(0, 0); document.body.firstElementChild.remove(); true")
	return wrong
}

func (p *tab) key(key string, code int64) {
	p.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: key, Code: key, WindowsVirtualKeyCode: code})
	}
}
