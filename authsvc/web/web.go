package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"path"
	"slices"
	"sync"
	"time"
)

//go:embed page/*.html
var files embed.FS

// View is what base.html needs, and with it each page.
type View struct {
	Lang    string   // "ja", "en"
	Here    string   // the page's address, for the switch of languages; empty: no switch
	Warning string   // a key: shown above everything
	Person  *Person  // who is logged in; nil: nobody
	Nav     []Nav    // where that person may go
	Notices []Notice // what has just been done
	Data    any      // of the page itself
}

// Person is who is logged in.
type Person struct {
	JID  string
	Name string // to be called by; the JID where there is no other
	Role string
}

// Nav is a line of the navigation.
type Nav struct {
	Path    string
	Label   string // a key
	Current bool
}

// Notice is told once, on the next page, in the language that this is read in.
type Notice struct {
	Kind string // "done", or "warning"
	Said
}

// Said is a text that is not put into words yet.
type Said struct {
	Key  string
	Args []any // what is put in; those that are Said are put into words, too
}

// In puts the text into words.
func (s Said) In(lang string) string {
	args := slices.Clone(s.Args)
	for i, arg := range args {
		if inner, ok := arg.(Said); ok {
			args[i] = inner.In(lang)
		}
	}
	return Text(lang, s.Key, args...)
}

// Pages renders pages, with times in one zone. It is safe for concurrent use.
type Pages struct {
	zone   *time.Location
	parsed func() (map[string]*template.Template, error) // by language and file
}

// New returns Pages. Templates are parsed at the first use, for many services
// never show a page.
func New(zone *time.Location) *Pages {
	p := &Pages{zone: zone}
	p.parsed = sync.OnceValues(p.parse)
	return p
}

// Render makes the page of a file in page/, in the view's language.
func (p *Pages) Render(name string, view *View) ([]byte, error) {
	all, err := p.parsed()
	if err != nil {
		return nil, err
	}
	page := all[view.Lang+"/"+name]
	if page == nil {
		return nil, fmt.Errorf("there is no page %s in the language %q", name, view.Lang)
	}
	var out bytes.Buffer
	if err := page.ExecuteTemplate(&out, "base", view); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// parse makes a set of each page and language: functions are bound when a
// template is parsed, and each page defines the same blocks.
func (p *Pages) parse() (map[string]*template.Template, error) {
	entries, err := files.ReadDir("page")
	if err != nil {
		return nil, err
	}
	all := map[string]*template.Template{}
	for _, lang := range Languages {
		common, err := template.New("").Option("missingkey=error").Funcs(p.funcs(lang)).ParseFS(files, "page/base.html", "page/parts.html")
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			page, err := common.Clone()
			if err != nil {
				return nil, err
			}
			if all[lang+"/"+entry.Name()], err = page.ParseFS(files, path.Join("page", entry.Name())); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}
