package browsertest

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// download does what makes the browser save a file, and returns its name and content.
func (p *tab) download(act func()) (name, content string) {
	p.t.Helper()
	dir := p.t.TempDir()
	_, err := chromedp.CallBrowser(p.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
	})
	p.check(err)
	p.expects("net::ERR_ABORTED") // of the page, which stays the one that it is
	act()
	for deadline := time.Now().Add(timeLimit); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		files, err := os.ReadDir(dir)
		p.check(err)
		if len(files) != 1 || strings.HasSuffix(files[0].Name(), ".crdownload") || strings.HasPrefix(files[0].Name(), ".") {
			continue
		}
		saved, err := os.ReadFile(filepath.Join(dir, files[0].Name()))
		p.check(err)
		return files[0].Name(), string(saved)
	}
	p.t.Fatalf("nothing was saved:\n%s", p.text())
	return "", ""
}

// click presses a button or follows a link that leads to no other page.
func (p *tab) click(role, name string) {
	p.t.Helper()
	p.clickNode(p.node(role, name), 1)
}

// attach chooses a file in the only field for one.
func (p *tab) attach(name, content string) {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), name)
	p.check(os.WriteFile(file, []byte(content), 0o600))
	field := eval[*runtime.RemoteObject](p, "document.querySelector('input[type=file]')")
	call(p, dom.SetFileInputFiles, dom.SetFileInputFilesParams{ObjectID: field.ObjectID, Files: []string{file}})
}
