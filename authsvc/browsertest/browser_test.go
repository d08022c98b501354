package browsertest

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// resolve leads the names that tests use to this machine, and all others nowhere:
// the browser talks to nobody but us.
const resolve = "MAP *.example.org 127.0.0.1, MAP *.example.net 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"

// chrome is the one browser of all tests.
var chrome context.Context

// startBrowser starts it; stop is never nil.
func startBrowser(program, dir string) (stop func(), err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.UserDataDir(filepath.Join(dir, "profile")),
		chromedp.Flag("host-resolver-rules", resolve),
		chromedp.Flag("ignore-certificate-errors-spki-list", site.pin), // ours, and no other
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("no-pings", true),
		chromedp.DisableGPU,
	)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which root can't have
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	var end func()
	chrome, end = chromedp.NewContext(allocator)
	return func() { end(); endAllocator() }, chromedp.Do(chrome)
}

// newPerson's browser says that it likes the language best.
func newPerson(t testing.TB, language string) *tab {
	t.Helper()
	need(t, nil)
	ctx, end := chromedp.NewContext(chrome, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	return newTab(t, ctx, language)
}

// timeLimit bounds what a test waits for in a browser, on a machine that is busy.
const timeLimit = 2 * time.Minute

func newTab(t testing.TB, ctx context.Context, language string) *tab {
	t.Helper()
	p := &tab{t: t, ctx: ctx, errors: &complaints{}}
	p.check(chromedp.Do(ctx))
	p.watch()
	version, err := chromedp.CallBrowser(ctx, versionCommand, cdp.Empty{})
	p.check(err)
	p.agent = version.UserAgent
	call(p, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: p.agent, AcceptLanguage: language})
	call(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	p.size(desk)
	t.Cleanup(p.report)
	return p
}

// call asks the browser something about a tab.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, timeLimit)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	p.check(err)
	return result
}

// viewport is a size of the window.
type viewport struct {
	name   string
	width  int64
	height int64
	touch  bool
}

var (
	desk   = viewport{name: "desk", width: 1280, height: 900}
	phone  = viewport{name: "phone", width: 390, height: 844, touch: true}
	narrow = viewport{name: "narrow", width: 320, height: 640} // what WCAG asks for; a phone would zoom out where that is too little
)

func (p *tab) size(v viewport) {
	p.t.Helper()
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: v.width, Height: v.height, DeviceScaleFactor: 1, Mobile: v.touch})
}

// colours chooses "light" or "dark".
func (p *tab) colours(scheme string) {
	p.t.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// withoutScripts makes the browser one in which scripts are switched off.
func (p *tab) withoutScripts() {
	p.t.Helper()
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

func (p *tab) picture() []byte {
	p.t.Helper()
	return call(p, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: new(true)}).Data
}
