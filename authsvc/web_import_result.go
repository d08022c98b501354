package authsvc

import (
	"bytes"
	"encoding/csv"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/csvfile"
	"github.com/jitsiauth/server/authsvc/web"
	"github.com/jitsiauth/server/jitsiauth"
)

// importJobView is what import_job.html shows.
type importJobView struct {
	importReport

	ID, File         string
	Update, Generate bool
	State            importState
	Stopping         bool
	Total            int
	Until            time.Time // when it is forgotten
	Made, Left       int       // passwords that were made, and of those not yet downloaded
	Ended            string    // a key
	Wrong            []wrongLine
	More             int // refused lines that are not in Wrong
	NotDone          int // lines that were not worked on

	problems []importProblem
}

// wrongLine is one that was refused, in the reader's language.
type wrongLine struct {
	Line       int
	JID, Field string
	Text       string
}

// importJobPage shows where the import is: before, while it runs, and after.
func (s *Server) importJobPage(c *gin.Context) error {
	job := s.imports.of(personOf(c), s.opts.Now())
	if job == nil {
		return s.seeOther(c, importPath)
	}
	view := job.seen()
	for _, p := range view.problems {
		view.Wrong = append(view.Wrong, s.wrongLine(c, p))
	}
	view.More = view.Errors - len(view.Wrong)
	if view.Ended != "" {
		view.NotDone = view.Total - view.Lines
	}
	return s.page(c, http.StatusOK, "import_job.html", view)
}

func (s *Server) wrongLine(c *gin.Context, p importProblem) wrongLine {
	wrong := wrongLine{Line: p.Line, JID: jidText(p.JID, "")}
	lang := s.pageLanguage(c.Request)
	if invalid, ok := errors.AsType[*jitsiauth.InvalidError](p.Err); ok {
		wrong.Field, wrong.Text = s.fieldName(c, invalid.Field), web.Rule(lang, invalid.Rule)
	}
	switch refused, ok := errors.AsType[*jitsiauth.PolicyError](p.Err); {
	case ok:
		wrong.Text = refused.Text(lang)
	case wrong.Text != "":
	case errors.Is(p.Err, jitsiauth.ErrExists):
		wrong.Field, wrong.Text = s.fieldName(c, "jid"), s.say(c, "import.exists")
	case errors.Is(p.Err, jitsiauth.ErrForbidden):
		wrong.Text = s.say(c, "import.forbidden")
	case errors.Is(p.Err, jitsiauth.ErrRevision), errors.Is(p.Err, jitsiauth.ErrNotFound):
		wrong.Text = s.say(c, "users.several.gone")
	default:
		wrong.Text = s.say(c, "import.unreadable")
	}
	return wrong
}

// passwordsPage is for who comes back to the address of the form.
func (s *Server) passwordsPage(c *gin.Context) error { return s.seeOther(c, importJobPath) }

// importPasswords sends the passwords that an import made, once, and forgets them.
func (s *Server) importPasswords(c *gin.Context) error {
	job := s.imports.of(personOf(c), s.opts.Now())
	if job == nil {
		return s.seeOther(c, importPath)
	}
	if !mayAnswer(c) {
		return nil // somebody else has answered, so they would be lost
	}
	passwords := job.takePasswords()
	if len(passwords) == 0 {
		s.notice(c, "warning", "import.passwords.gone")
		return s.seeOther(c, importJobPath)
	}
	lang := s.pageLanguage(c.Request)
	rows := [][]string{{headingFor(lang, csvfile.FieldLogin), headingFor(lang, "display_name"), headingFor(lang, "password")}}
	for _, p := range passwords {
		rows = append(rows, []string{s.loginName(p.JID), p.Name, p.Password})
	}
	return s.sendSheet(c, "jitsiauth-passwords-"+s.today()+".csv", rows)
}

// headingFor is csvfile.Heading for a file that people fill in or read.
func headingFor(lang, field string) string {
	if field == csvfile.FieldLogin && lang != "ja" {
		return "username"
	}
	return csvfile.Heading(lang, field)
}

func (s *Server) today() string { return s.opts.Now().In(s.opts.Timezone).Format(time.DateOnly) }

// sendSheet sends a CSV that Excel opens with a double click, and keeps from running
// what is in it.
func (s *Server) sendSheet(c *gin.Context, name string, rows [][]string) error {
	body := bytes.NewBufferString(csvfile.ByteOrderMark)
	out := csv.NewWriter(body)
	out.UseCRLF = true
	for _, row := range rows {
		for i := range row {
			row[i] = csvfile.Guard(row[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	if out.Flush(); out.Error() != nil {
		return out.Error()
	}
	pageHeaders(c)
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	writeBody(c, http.StatusOK, api.CSVType+"; charset=utf-8; header=present", body.Bytes())
	return nil
}
