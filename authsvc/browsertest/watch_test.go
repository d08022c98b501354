package browsertest

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var versionCommand = browser.GetVersion

// complaints are what went wrong in a tab without anybody seeing it.
type complaints struct {
	mu       sync.Mutex
	all      []string
	expected []string // parts of those that belong to the story
	requests []*network.EventRequestWillBeSentExtraInfo
	statuses []string // "303 GET /accounts/login"
}

func (c *complaints) add(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, fmt.Sprintf(format, args...))
}

// take returns what there is so far, but what was expected, and forgets it.
func (c *complaints) take() (all []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
next:
	for _, text := range c.all {
		for _, part := range c.expected {
			if strings.Contains(text, part) {
				continue next
			}
		}
		all = append(all, text)
	}
	c.all = nil
	return all
}

// expects names a part of complaints that belong to the story, and returns whether
// there have been such.
func (p *tab) expects(part string) (came func() bool) {
	p.errors.mu.Lock()
	defer p.errors.mu.Unlock()
	p.errors.expected = append(p.errors.expected, part)
	return func() bool {
		p.errors.mu.Lock()
		defer p.errors.mu.Unlock()
		for _, text := range p.errors.all {
			if strings.Contains(text, part) {
				return true
			}
		}
		return false
	}
}

// waitHeard waits until something that was expected has come.
func (p *tab) waitHeard(came func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(timeLimit); !came(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("the browser said only %q", p.errors.all)
		}
	}
}

// watch listens to all that a tab says.
func (p *tab) watch() {
	p.t.Helper()
	p.check(chromedp.Listen(p.ctx, p.heard))
	call(p, audits.Enable, cdp.Empty{})
}

// heard is called for each event in turn, and must not wait for the browser.
func (p *tab) heard(event any) {
	switch e := event.(type) {
	case *page.EventJavascriptDialogOpening:
		p.errors.add("a dialog opened: %s", e.Message)
		go func() { _, _ = chromedp.Call(p.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{}) }()
	case *runtime.EventConsoleAPICalled:
		p.errors.add("console.%s: %s", e.Type, spoken(e.Args))
	case *runtime.EventExceptionThrown:
		p.errors.add("exception: %s %s", e.ExceptionDetails.Text, spoken([]*runtime.RemoteObject{e.ExceptionDetails.Exception}))
	case *log.EventEntryAdded:
		// A page that says no has a status that says so, too, and is looked at by the test.
		if e.Entry.Source != log.EntrySourceNetwork {
			p.errors.add("%s: %s (%s)", e.Entry.Level, e.Entry.Text, e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		p.errors.add("issue: %s", issue(e.Issue))
	case *network.EventRequestWillBeSent:
		p.asked(e)
	case *network.EventRequestWillBeSentExtraInfo:
		p.errors.mu.Lock()
		defer p.errors.mu.Unlock()
		p.errors.requests = append(p.errors.requests, e)
	case *network.EventResponseReceived:
		if e.Response.Status >= 500 || e.Response.Status >= 400 && e.Type != network.ResourceTypeDocument {
			p.errors.add("%d from %s", e.Response.Status, e.Response.URL)
		}
	case *network.EventLoadingFailed:
		if !e.Canceled {
			p.errors.add("not loaded: %s %s", e.Type, e.ErrorText)
		}
	}
}

// asked holds requests to those who are part of the test.
func (p *tab) asked(e *network.EventRequestWillBeSent) {
	address, err := url.Parse(e.Request.URL)
	if err != nil {
		p.errors.add("asked for %s", e.Request.URL)
		return
	}
	host := address.Hostname()
	if address.Scheme != "data" && host != "localhost" && !strings.HasSuffix(host, ".example.org") && !strings.HasSuffix(host, ".example.net") {
		p.errors.add("asked another host: %s", e.Request.URL)
	}
	if e.RedirectResponse != nil {
		p.errors.mu.Lock()
		defer p.errors.mu.Unlock()
		p.errors.statuses = append(p.errors.statuses, fmt.Sprintf("%d %s -> %s", e.RedirectResponse.Status, e.RedirectResponse.URL, e.Request.URL))
	}
}

func spoken(args []*runtime.RemoteObject) string {
	var all []string
	for _, a := range args {
		if a != nil {
			all = append(all, string(a.Value)+a.Description)
		}
	}
	return strings.Join(all, " ")
}

func issue(i *audits.InspectorIssue) string {
	text := string(i.Code)
	if d := i.Details.ContentSecurityPolicyIssueDetails; d != nil {
		text += fmt.Sprintf(": %s %s", d.ViolatedDirective, d.BlockedURL)
	}
	if d := i.Details.GenericIssueDetails; d != nil {
		text += fmt.Sprintf(": %s", d.ErrorType)
	}
	return text
}

// report fails the test for what nobody expected, once the browser has said all.
func (p *tab) report() {
	if p.ctx.Err() == nil {
		ctx, cancel := context.WithTimeout(p.ctx, timeLimit)
		defer cancel()
		_, _ = chromedp.Run(ctx, chromedp.Evaluate[bool]("true")) // what it said before, it has sent before
	}
	for _, text := range p.errors.take() {
		p.t.Errorf("in the browser: %s", text)
	}
}
