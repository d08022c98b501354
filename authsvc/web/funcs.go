package web

import (
	"html/template"
	"time"
)

// funcs are what templates call; doc.go has the ones that a page needs.
func (p *Pages) funcs(lang string) template.FuncMap {
	return template.FuncMap{
		"t":     func(key string, args ...any) string { return Text(lang, key, args...) },
		"asset": Asset,
		"input": newInput,
		"when":  func(at time.Time) string { return p.When(lang, at) },
		"iso":   func(at time.Time) string { return at.In(p.zone).Format(time.RFC3339) },
		"until": func(at time.Time) string { return p.Until(lang, at) },
		"langs": func() []string { return Languages },
	}
}

// When shows a moment to the minute, with its zone.
func (p *Pages) When(lang string, at time.Time) string {
	return at.In(p.zone).Format(Text(lang, "base.moment"))
}

// Until shows the end of something. Midnight is the end of the day before: who
// may come until Friday looks for Friday.
func (p *Pages) Until(lang string, end time.Time) string {
	local := end.In(p.zone)
	if local.Hour() == 0 && local.Minute() == 0 && local.Second() == 0 {
		return Text(lang, "base.end_of_day", local.AddDate(0, 0, -1).Format(Text(lang, "base.date")), local.Add(-time.Second).Format("MST"))
	}
	return p.When(lang, end)
}
