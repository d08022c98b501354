// Package web holds what the pages below /accounts/ look like and say: templates
// (page/), style (static/) and texts (text*.go), all in the program. It knows
// nothing of accounts; package authsvc fills the pages (web*.go there).
//
// # A new page
//
//  1. page/NAME.html defines "title" and "main", and if it must "head"; base.html is around it, and
//     parts.html has what many pages need. In it, . is a View and .Data what the
//     handler gave; {{t "area.key" …}} is a text, {{template "input" (input
//     .Data.Form "name" "label=area.key" "required")}} a field with its label, hint
//     and error, {{template "time" …}} a moment, {{until …}} the end of a validity.
//  2. text_AREA.go has its texts, each in all languages; add its catalogue to
//     catalogues in text.go.
//  3. authsvc/web_pages.go: a line with method, path, role and handler; the same
//     line stands in the table of authsvc/doc.go. nav puts it into the navigation
//     of those who may see it, sudo asks for the password again.
//  4. The handler reads with s.form(c), answers with s.page(c, status, "NAME.html",
//     data), or after a change with s.notice(c, "done", key) and s.seeOther(c, path), or
//     returns an error, which becomes a page. f.Refuse(field, text) and
//     s.refuse(c, f, err) put what is wrong beside a field.
//
// A page works without scripts. static/page.js adds comfort where an element asks
// for it: data-copy (by {{template "copy" "ID"}}), data-all, data-refresh; and it
// sends a form only once, unless that has data-again.
//
// A table with the class rows is a list of cards on a phone, each cell with its
// data-label before it; style.css says how.
//
// Tests go through all templates and texts: a key that is missing, a language that
// is missing, or a tag that isn't closed fails. In a real browser, ../browsertest
// looks at every page: a new one is a new stop of its tour.
package web
