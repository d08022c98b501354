package authsvc

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jitsiauth/server/jitsiauth"
)

// Where an import is.
type importState string

const (
	importPreview importState = "preview" // nothing has changed yet
	importRunning importState = "running"
	importDone    importState = "done" // or stopped: see importJob.ended
)

// importJob is a file that somebody uploaded, and what becomes of it.
type importJob struct {
	id       string // tells one upload from the next; opens nothing
	account  jitsiauth.ID
	own      jitsiauth.JID // of the account
	session  string        // webSession.ID
	file     string        // its name
	update   bool          // accounts that exist, too
	generate bool          // passwords, where the file has none
	stopped  atomic.Bool

	mu        sync.Mutex // guards the rest
	text      []byte     // what was uploaded, in UTF-8; nil once it is not needed
	state     importState
	since     time.Time // when the state began
	total     int       // lines
	report    importReport
	passwords []madePassword
	made      int    // how many there were
	ended     string // why before the end, a key; empty: it came to its end
}

// importReport counts what became of the lines, or would.
type importReport struct {
	Lines, Created, Updated, Unchanged, Errors int

	Generated int // of Created: with a password that the service makes
	Replaced  int // of Updated: with another password
	Rows      []importRow
	Problems  []importProblem
}

// How many lines of a kind are shown.
const (
	mostRows     = 10
	mostProblems = 200
)

// importRow is one of the first lines, without its password.
type importRow struct {
	Line       int
	JID        jitsiauth.JID
	Name       string
	ValidUntil time.Time
	Outcome    jitsiauth.ImportOutcome
}

// importProblem is a line that was refused.
type importProblem struct {
	Line int
	JID  jitsiauth.JID
	Err  error
}

// madePassword is one that the service made, until somebody has it.
type madePassword struct {
	JID            jitsiauth.JID
	Name, Password string
}

func (j *importJob) options(dry bool) jitsiauth.ImportOptions {
	opts := jitsiauth.ImportOptions{Mode: jitsiauth.ImportCreate, DryRun: dry}
	if j.update {
		opts.Mode = jitsiauth.ImportUpsert
	}
	return opts
}

// makeWay lets another upload of the account take the job's place, after which it
// can't be started, or returns why not.
func (j *importJob) makeWay() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.state == importRunning:
		return errImportRuns
	case len(j.passwords) > 0:
		return errPasswordsLeft
	}
	j.stopped.Store(true)
	return nil
}

func (j *importJob) over(now time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch j.state {
	case importPreview:
		return now.Sub(j.since) >= uploadKept
	case importDone:
		return now.Sub(j.since) >= resultKept
	}
	return false
}

// stopIfRunning has a job that runs end, and reports whether it did.
func (j *importJob) stopIfRunning() bool {
	j.stopped.Store(true)
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.state == importRunning
}

// start reports whether the job begins now: once.
func (j *importJob) start(now time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state != importPreview || j.stopped.Load() {
		return false
	}
	j.state, j.since = importRunning, now
	j.report = importReport{}
	return true
}

// end also forgets the file.
func (j *importJob) end(now time.Time, why string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.state, j.since, j.ended, j.text = importDone, now, why, nil
}

// add counts results; about says of each line what a result does not.
func (j *importJob) add(results []jitsiauth.ImportResult, about map[int]aboutLine) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range results {
		line := about[r.Line]
		delete(about, r.Line)
		j.report.add(&r, line)
		if r.GeneratedPassword != "" {
			j.passwords = append(j.passwords, madePassword{JID: r.JID, Name: line.name, Password: r.GeneratedPassword})
			j.made++
		}
	}
}

// aboutLine is what is remembered of a line until its result is there.
type aboutLine struct {
	name                string
	until               time.Time
	generates, replaces bool
}

func (r *importReport) add(result *jitsiauth.ImportResult, line aboutLine) {
	r.Lines++
	switch result.Outcome {
	case jitsiauth.ImportCreated:
		r.Created++
		if line.generates {
			r.Generated++
		}
	case jitsiauth.ImportUpdated:
		r.Updated++
		if line.replaces {
			r.Replaced++
		}
	case jitsiauth.ImportUnchanged:
		r.Unchanged++
	case jitsiauth.ImportError:
		r.Errors++
		if len(r.Problems) < mostProblems {
			r.Problems = append(r.Problems, importProblem{Line: result.Line, JID: result.JID, Err: result.Err})
		}
		return
	}
	if len(r.Rows) < mostRows {
		r.Rows = append(r.Rows, importRow{Line: result.Line, JID: result.JID, Name: line.name, ValidUntil: line.until, Outcome: result.Outcome})
	}
}

// takePasswords returns the passwords that were made, once.
func (j *importJob) takePasswords() []madePassword {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state != importDone {
		return nil
	}
	taken := j.passwords
	j.passwords = nil
	return taken
}

// seen returns what a page shows of the job, as it is at the moment.
func (j *importJob) seen() importJobView {
	j.mu.Lock()
	defer j.mu.Unlock()
	v := importJobView{
		ID: j.id, File: printable(j.file, maxShown), Update: j.update, Generate: j.generate, State: j.state, Stopping: j.stopped.Load(),
		Total: j.total, Made: j.made, Left: len(j.passwords), Ended: j.ended, importReport: j.report,
	}
	v.Rows, v.problems = slices.Clone(j.report.Rows), slices.Clone(j.report.Problems)
	switch j.state {
	case importPreview:
		v.Until = j.since.Add(uploadKept)
	case importDone:
		v.Until = j.since.Add(resultKept)
	}
	return v
}
