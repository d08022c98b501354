package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
)

// accountSource is where accounts of another program come from, for messages.
type accountSource struct {
	name   string // "the archive"
	begin  string // what to give, where nothing of it could be read
	repair string // what to do where it breaks off: "pack it again"
}

// brokeOff says how far a source came that could not be read to its end. Its error does
// not wrap the cause, which is nothing that happened between here and the service.
func (s accountSource) brokeOff(err error, sum *api.ImportSummary, dry bool) error {
	verb, number := "could not be read further", fmt.Sprintf("%d accounts", sum.Lines)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		verb = "broke off"
	}
	if sum.Lines == 1 {
		number = "1 account"
	}
	done := "what came before is done, and the same command leaves it alone"
	if dry {
		done = "nothing was written"
	}
	if sum.Errors > 0 {
		number += fmt.Sprintf(", %d of them refused", sum.Errors)
	}
	return &failure{text: fmt.Sprintf("%s %s after %s (%v)", s.name, verb, number, err), hint: s.repair + "; " + done}
}

// end sums up. It returns an error where an account was refused, or the source
// broke off.
func (r *accountReport) end() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress.clear()
	s := r.summary
	if s == nil {
		return client.ErrCutOff
	}
	if r.brokeOff != nil && s.Lines == 0 {
		return &failure{text: r.brokeOff.Error(), hint: r.source.begin}
	}
	text := fmt.Sprintf("%d added, %d changed, %d left alone, %d refused", s.Created, s.Updated, s.Unchanged, s.Errors)
	if r.query.DryRun {
		text = "dry run, nothing was written: " + text
	}
	r.say("%s", text)
	r.nobody.tell(&r.importReport)
	if r.brokeOff != nil {
		return r.source.brokeOff(r.brokeOff, s, r.query.DryRun)
	}
	if s.Errors == 0 {
		return nil
	}
	return advise(fmt.Errorf("%d of %d accounts were refused", s.Errors, s.Lines),
		"the others come in all the same; mend what is named, or add those accounts with 'jitsiauth user add'; then the same command again")
}
