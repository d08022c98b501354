package authsvc

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"runtime/debug"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/csvfile"
	"github.com/jitsiauth/server/jitsiauth"
)

// maxImportRows bounds the lines of a file that a page takes.
const maxImportRows = 10_000

var errManyRows = &jitsiauth.InvalidError{Field: "file", Rule: fmt.Sprintf("must have at most %d lines", maxImportRows)}

// errOwnPassword is of a line that would end the importer's session, and with it
// the passwords that the import has made. A hash is mostly the one that there is.
var errOwnPassword = &jitsiauth.InvalidError{Field: "password", Rule: ruleOwnPassword}

// ruleOwnPassword is a rule of the pages alone; package web knows it.
const ruleOwnPassword = "must not be that of your own account: change it on your own page"

// fileLines returns the lines of a file, CSV or NDJSON, in UTF-8, with the password
// that each is to get. An error is about the file as a whole.
func (s *Server) fileLines(job *importJob, text []byte) (iter.Seq2[jitsiauth.ImportLine, error], error) {
	in := bufio.NewReaderSize(bytes.NewReader(text), api.MaxImportLine+len("\r\n"))
	lines := s.ndjsonLines(in)
	if !bytes.HasPrefix(bytes.TrimLeft(text, jsonSpace), []byte("{")) {
		var err error
		if lines, err = s.csvLines(in, csvfile.Options{}); err != nil {
			return nil, err
		}
	}
	return func(yield func(jitsiauth.ImportLine, error) bool) {
		rows := 0
		for line, err := range lines {
			if rows++; rows > maxImportRows {
				yield(jitsiauth.ImportLine{}, errManyRows)
				return
			}
			switch {
			case line.Err != nil:
			case job.update && line.Password != "" && line.JID == job.own:
				line.Err = errOwnPassword
			case job.generate && line.Password == "" && line.PasswordHash == "":
				line.Generate = true
			}
			if !yield(line, err) {
				return
			}
		}
	}, nil
}

// workOn imports, or tries to, and counts in the job. goOn is asked before the first
// line and after each results.
func (s *Server) workOn(ctx context.Context, job *importJob, dry bool, goOn func() error) error {
	job.mu.Lock()
	text := job.text
	job.mu.Unlock()
	lines, err := s.fileLines(job, text)
	if err != nil {
		return err
	}
	about, asked := map[int]aboutLine{}, false
	watched := func(yield func(jitsiauth.ImportLine, error) bool) {
		for line, err := range lines {
			if !asked && err == nil {
				asked, err = true, goOn()
			}
			about[line.Line] = linesAbout(&line)
			if !yield(line, err) {
				return
			}
		}
	}
	for results, err := range s.svc.Import(ctx, watched, job.options(dry)) {
		if err != nil {
			return err
		}
		job.add(results, about)
		asked = false
	}
	return nil
}

func linesAbout(line *jitsiauth.ImportLine) aboutLine {
	about := aboutLine{generates: line.Generate, replaces: line.Password != "" || line.PasswordHash != ""}
	if name := line.Fields.DisplayName; name != nil {
		about.name = *name
	}
	if until := line.Fields.ValidUntil; until != nil {
		about.until = *until
	}
	return about
}

// runImport works on a job that was started, until it is done or must not go on.
// What was read by then is written, with its results: so an end is between lines.
func (s *Server) runImport(ctx context.Context, job *importJob) {
	defer s.sweepLater(resultKept)
	why := "import.ended.failed"
	defer func() {
		if cause := recover(); cause != nil { // nobody else can see it in this goroutine
			s.log.ErrorContext(ctx, "panic", slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
		}
		job.end(s.opts.Now(), why)
		if errors.Is(s.stillIn(ctx, job.account, job.session), errSessionOver) {
			s.imports.drop(job)
		}
	}()
	err := s.workOn(ctx, job, false, func() error { return s.mayGoOn(ctx, job) })
	switch {
	case err == nil:
		why = ""
	case errors.Is(err, errSessionOver), errors.Is(err, errImportStopped):
		why = "import.ended.stopped"
	case errors.Is(err, errStopping):
		why = "import.ended.service"
	case errors.Is(err, jitsiauth.ErrForbidden):
		why = "import.ended.rights"
	default:
		s.log.ErrorContext(ctx, "import failed", slog.String("by", jitsiauth.ActorFrom(ctx).Name), slog.Any("error", err))
	}
}

var errImportStopped = errors.New("the import was stopped")

func (s *Server) mayGoOn(ctx context.Context, job *importJob) error {
	switch {
	case stoppingOf(ctx).Err() != nil:
		return errStopping
	case job.stopped.Load():
		return errImportStopped
	}
	return s.stillIn(ctx, job.account, job.session)
}

// startImport begins what the preview showed.
func (s *Server) startImport(c *gin.Context) error {
	f, err := s.form(c)
	if err != nil {
		return err
	}
	job := s.imports.of(personOf(c), s.opts.Now())
	if job == nil || job.id != f.Get("upload") {
		s.notice(c, "warning", "import.gone")
		return s.seeOther(c, importPath)
	}
	release, err := s.takePlace(c)
	if err != nil {
		return err
	}
	if !job.start(s.opts.Now()) {
		release()
		return s.seeOther(c, importJobPath)
	}
	ctx := context.WithoutCancel(c.Request.Context()) // with who it is, and where from
	s.running.Go(func() {
		defer release()
		s.runImport(ctx, job)
	})
	return s.seeOther(c, importJobPath)
}

// stopImport ends an import, or forgets one that was not begun or is done.
func (s *Server) stopImport(c *gin.Context) error {
	job := s.imports.of(personOf(c), s.opts.Now())
	if job == nil {
		return s.seeOther(c, importPath)
	}
	if job.stopIfRunning() {
		return s.seeOther(c, importJobPath)
	}
	s.imports.drop(job)
	s.notice(c, "done", "import.forgotten")
	return s.seeOther(c, importPath)
}
