package browsertest

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a page of a person's browser. What is on it is found as people who don't
// see find it: by role and name in the accessibility tree.
type tab struct {
	t      testing.TB
	ctx    context.Context
	base   string // before paths
	agent  string
	errors *complaints
}

func (p *tab) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// open goes to an address, which may be a path of ours.
func (p *tab) open(address string) {
	p.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = p.base + address
	}
	ctx, cancel := context.WithTimeout(p.ctx, timeLimit)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		p.t.Fatalf("%s: %v", address, err)
	}
}

func (p *tab) reload() {
	p.t.Helper()
	p.leave(func() { p.check(chromedp.Do(p.ctx, chromedp.Reload())) })
}

// reloadUntil loads the page again until a text is there.
func (p *tab) reloadUntil(text string) {
	p.t.Helper()
	for deadline := time.Now().Add(timeLimit); !strings.Contains(p.text(), text); p.reload() {
		if time.Now().After(deadline) {
			p.t.Fatalf("%q never came to %s:\n%s", text, p.at(), p.text())
		}
	}
}

// eval returns what an expression in the page is.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	value, err := tryEval[T](p, expression)
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func tryEval[T any](p *tab, expression string) (value T, err error) {
	ctx, cancel := context.WithTimeout(p.ctx, timeLimit)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise, func(e *runtime.EvaluateParams) {
		e.UserGesture = new(true)
	}))
}

// wait waits until an expression is true.
func (p *tab) wait(expression string) {
	p.t.Helper()
	var last error
	for deadline := time.Now().Add(timeLimit); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		is, err := tryEval[bool](p, expression)
		if is {
			return
		}
		last = err // the page may be going at this moment
	}
	p.t.Fatalf("%s never came true: %v\n%s", expression, last, p.text())
}

// leave does what leads to another page, and waits until that is there.
func (p *tab) leave(act func()) {
	p.t.Helper()
	eval[bool](p, "window.left = true")
	act()
	p.wait("!window.left && document.readyState === 'complete'")
}

// node finds the one thing with a role and a name.
func (p *tab) node(role, name string) cdp.BackendNodeID {
	p.t.Helper()
	found := p.nodes(role, name)
	if len(found) != 1 {
		p.t.Fatalf("%d of role %s with the name %q on\n%s\nthere are: %q", len(found), role, name, p.text(), p.names(role))
	}
	return found[0]
}

func (p *tab) nodes(role, name string) (found []cdp.BackendNodeID) {
	p.t.Helper()
	for _, n := range p.tree(role) {
		if valueOf(n.Name) == name {
			found = append(found, n.BackendDOMNodeID)
		}
	}
	return found
}

// names are those of all with a role.
func (p *tab) names(role string) (names []string) {
	p.t.Helper()
	for _, n := range p.tree(role) {
		names = append(names, valueOf(n.Name))
	}
	return names
}

// tree returns what has the role and is not hidden; all if that is empty.
func (p *tab) tree(role string) (nodes []*accessibility.Node) {
	p.t.Helper()
	document := eval[*runtime.RemoteObject](p, "document")
	all := call(p, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: document.ObjectID, Role: role}).Nodes
	for _, n := range all {
		if !n.Ignored {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

func valueOf(v *accessibility.Value) string {
	var text string
	if v == nil || json.Unmarshal(v.Value, &text) != nil {
		return ""
	}
	return text
}

// clickNode moves the mouse there and clicks so many times.
func (p *tab) clickNode(node cdp.BackendNodeID, times int) {
	p.t.Helper()
	call(p, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: node})
	quads := call(p, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: node}).Quads
	if len(quads) == 0 {
		p.t.Fatal("what is to be clicked is not shown")
	}
	q := quads[0]
	x, y := (q[0]+q[2]+q[4]+q[6])/4, (q[1]+q[3]+q[5]+q[7])/4
	call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, X: x, Y: y})
	for n := range times {
		for _, kind := range []input.DispatchMouseEventType{input.DispatchMouseEventTypeMousePressed, input.DispatchMouseEventTypeMouseReleased} {
			call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, ClickCount: int64(n + 1)})
		}
	}
}

// press presses a button that leads to another page.
func (p *tab) press(button string) {
	p.t.Helper()
	node := p.node("button", button)
	p.leave(func() { p.clickNode(node, 1) })
}

// follow follows a link.
func (p *tab) follow(link string) {
	p.t.Helper()
	node := p.node("link", link)
	p.leave(func() { p.clickNode(node, 1) })
}

// fill types into the field with the label, in place of what is there.
func (p *tab) fill(label, text string) {
	p.t.Helper()
	node := p.field(label)
	p.onNode(node, "function() { this.focus(); this.select(); }")
	if text == "" {
		p.onNode(node, "function() { this.value = ''; }")
		return
	}
	call(p, input.InsertText, input.InsertTextParams{Text: text})
}

func (p *tab) field(label string) cdp.BackendNodeID {
	p.t.Helper()
	if found := p.nodes("searchbox", label); len(found) == 1 {
		return found[0]
	}
	return p.node("textbox", label)
}

// value is what the field with the label holds.
func (p *tab) value(label string) string {
	p.t.Helper()
	return p.onNode(p.field(label), "function() { return this.value; }")
}

// choose marks a radio button or checkbox whose name begins so, if it is not yet.
func (p *tab) choose(role, name string) {
	p.t.Helper()
	for _, n := range p.tree(role) {
		if strings.HasPrefix(valueOf(n.Name), name) {
			if p.onNode(n.BackendDOMNodeID, "function() { return String(this.checked); }") == "false" {
				p.clickNode(n.BackendDOMNodeID, 1)
			}
			return
		}
	}
	p.t.Fatalf("no %s with the name %q; there are: %q", role, name, p.names(role))
}

// onNode calls a function with the node as this.
func (p *tab) onNode(node cdp.BackendNodeID, function string) string {
	p.t.Helper()
	object := call(p, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: node}).Object
	result := call(p, runtime.CallFunctionOn, runtime.CallFunctionOnParams{FunctionDeclaration: function, ObjectID: object.ObjectID, ReturnByValue: new(true)})
	if result.ExceptionDetails != nil {
		p.t.Fatalf("%s: %s", function, result.ExceptionDetails.Text)
	}
	var text string
	_ = json.Unmarshal(result.Result.Value, &text) // others are not asked for
	return text
}

// text is what a reader sees.
func (p *tab) text() string {
	p.t.Helper()
	return eval[string](p, "document.body ? document.body.innerText : ''")
}

// heading is the page's.
func (p *tab) heading() string {
	p.t.Helper()
	return eval[string](p, "(document.querySelector('h1') || {}).innerText || ''")
}

// at is the path of the page.
func (p *tab) at() string {
	p.t.Helper()
	return eval[string](p, "location.pathname + location.search")
}

// wants fails where a text is not on the page.
func (p *tab) wants(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if got := p.text(); !strings.Contains(got, text) {
			p.t.Fatalf("%q is not on %s:\n%s", text, p.at(), got)
		}
	}
}

// lacks fails where a text is on the page, or in its source.
func (p *tab) lacks(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if got := eval[string](p, "document.documentElement.outerHTML"); strings.Contains(got, text) {
			p.t.Fatalf("%q is on %s:\n%s", text, p.at(), got)
		}
	}
}

// logIn logs in to the pages.
func (p *tab) logIn(name, password string) {
	p.t.Helper()
	p.open("/accounts/login")
	p.fill("Jitsi ID", name)
	p.fill("Password", password)
	p.press("Log in")
	if at := p.at(); at != "/accounts/" {
		p.t.Fatalf("%s is not logged in but at %s:\n%s", name, at, p.text())
	}
}
