package authsvc

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/csvfile"
	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

const (
	importPath    = "/accounts/import"
	importJobPath = "/accounts/import/job"
)

// importView is what import.html shows.
type importView struct {
	Form     *web.Form
	Job      bool // there is an import of this session
	Megabyte int  // at most
	Lines    int  // at most
}

func (s *Server) importPage(c *gin.Context) error {
	return s.showImport(c, http.StatusOK, web.NewForm(url.Values{"mode": {"create"}, "generate": {"on"}}))
}

func (s *Server) showImport(c *gin.Context, status int, f *web.Form) error {
	return s.page(c, status, "import.html", importView{
		Form: f, Job: s.imports.of(personOf(c), s.opts.Now()) != nil, Megabyte: maxUpload >> 20, Lines: maxImportRows,
	})
}

// uploadImport looks through a file and keeps it. Nothing changes yet, but what the
// next page says of it.
func (s *Server) uploadImport(c *gin.Context) error {
	release, err := s.takePlace(c)
	if err != nil {
		return err
	}
	defer release()
	up, err := s.readUpload(c)
	if err != nil {
		return err
	}
	job := s.wantedImport(c, up)
	if up.form.OK() {
		err := s.previewImport(c, up, job)
		if err == nil {
			return s.seeOther(c, importJobPath)
		}
		if !s.refuseUpload(c, up.form, err) {
			return err
		}
	}
	return s.showImport(c, http.StatusUnprocessableEntity, up.form)
}

// wantedImport reads the form, and puts beside its fields what can be said already.
func (s *Server) wantedImport(c *gin.Context, up *upload) *importJob {
	f, lang := up.form, s.pageLanguage(c.Request)
	who := personOf(c)
	job := &importJob{
		id: rand.Text(), account: who.user.ID, own: who.user.JID, session: who.session.ID, file: up.name, state: importPreview,
		update: f.Get("mode") == "upsert", generate: f.Get("generate") != "",
	}
	if mode := f.Get("mode"); mode != "create" && mode != "upsert" {
		f.Refuse("mode", web.Rule(lang, "must be given"))
	}
	switch {
	case up.tooLarge:
		f.Refuse("file", s.say(c, "import.file.too_large", maxUpload>>20))
	case len(up.file) == 0:
		f.Refuse("file", s.say(c, "import.file.none"))
	}
	return job
}

// previewImport tries the file out, and keeps it if it can be imported at all.
func (s *Server) previewImport(c *gin.Context, up *upload, job *importJob) error {
	text, line, err := csvfile.Text(up.file)
	if line > 0 {
		up.form.Refuse("file", s.say(c, "import.file.encoding", line))
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), apiTimeout)
	defer cancel()
	job.text = text
	if err := s.workOn(ctx, job, true, func() error { return nil }); err != nil {
		return err
	}
	if job.report.Lines == 0 {
		return errNoRows
	}
	job.total, job.since = job.report.Lines, s.opts.Now()
	_ = s.web.ofAccount(&personOf(c).user, job.since) // forgets what sessions that are over have kept
	if err := s.imports.put(job, job.since); err != nil {
		return err
	}
	s.sweepLater(uploadKept)
	return nil
}

var errNoRows = &jitsiauth.InvalidError{Field: "file", Rule: "must have a line with an account"}

// refuseUpload says in the form why a file is not taken, and reports whether it
// could.
func (s *Server) refuseUpload(c *gin.Context, f *web.Form, err error) bool {
	invalid, ok := errors.AsType[*jitsiauth.InvalidError](err)
	switch {
	case ok && (invalid.Field == "file" || invalid.Field == "header"):
		f.Refuse("file", web.Rule(s.pageLanguage(c.Request), invalid.Rule))
	case ok:
		f.Refuse("file", s.say(c, "import.file.header", s.fieldName(c, invalid.Field), web.Rule(s.pageLanguage(c.Request), invalid.Rule)))
	case errors.Is(err, errImportRuns):
		f.Problem = s.say(c, "import.runs")
	case errors.Is(err, errPasswordsLeft):
		f.Problem = s.say(c, "import.passwords_left")
	case errors.Is(err, errManyUploads):
		f.Problem = s.say(c, "import.many")
	default:
		return false
	}
	return true
}

// fieldName is what the pages call a field of a line. One that is none is shown as
// it stands there.
func (s *Server) fieldName(c *gin.Context, field string) string {
	if key := "import.field." + field; web.Has(key) {
		return s.say(c, key)
	}
	return printable(field, maxShown)
}
