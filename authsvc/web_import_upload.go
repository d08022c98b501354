package authsvc

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/web"
)

// Bounds of a form with a file, in bytes. maxUploadForm is for all of it: names of
// fields and files have no bound of their own. Of what is too large the rest
// is read, up to maxDrain, so that the browser hears the answer.
const (
	maxUpload      = 5 << 20
	maxUploadField = 1 << 10
	maxUploadParts = 10
	maxUploadForm  = maxUpload + 64<<10
	maxDrain       = 64 << 20
)

// uploadTimeout bounds a whole upload. 5 MiB come in it at 80 kbit/s, and no piece
// may take longer than Server.stall.
const uploadTimeout = 10 * time.Minute

// upload is a form with a file.
type upload struct {
	form     *web.Form
	name     string
	file     []byte
	tooLarge bool // so file is empty
}

// readUpload is form for one with a file, which may take longer than the server
// gives other requests.
func (s *Server) readUpload(c *gin.Context) (*upload, error) {
	control, limit := http.NewResponseController(c.Writer), time.Now().Add(uploadTimeout)
	body := &bulkBody{
		body: c.Request.Body, control: control, stall: s.stall, stopping: stoppingOf(c.Request.Context()),
		allowed: func() error {
			if time.Now().After(limit) {
				return context.DeadlineExceeded
			}
			return nil
		},
	}
	c.Request.Body = http.MaxBytesReader(nil, io.NopCloser(body), maxUploadForm)
	parts, err := c.Request.MultipartReader()
	if err != nil {
		return nil, &httpError{
			status: http.StatusUnsupportedMediaType, code: api.CodeMediaType, field: "Content-Type",
			detail: "The body must be sent with the header Content-Type: multipart/form-data.",
		}
	}
	defer body.endReads()()
	defer func() { _ = control.SetWriteDeadline(time.Now().Add(writeTimeout)) }() // the one that there was may have passed
	up := &upload{}
	err = up.read(parts)
	if _, long := errors.AsType[*http.MaxBytesError](err); long || err == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(body, maxDrain)) // to its end, where its deadline goes
	}
	if err != nil {
		return nil, stalled(err)
	}
	return up, nil
}

var errParts = errors.New("the form is not that of the page")

func (up *upload) read(parts *multipart.Reader) error {
	values := url.Values{}
	for range maxUploadParts {
		part, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // wrapped, it is a form that was cut off
			up.form = web.NewForm(values)
			return nil
		}
		if err != nil {
			return err
		}
		most := int64(maxUploadField)
		if part.FormName() == "file" {
			most = maxUpload
		}
		text, err := io.ReadAll(io.LimitReader(part, most+1))
		switch {
		case err != nil:
			return err
		case part.FormName() == "file":
			if up.name, up.file = uploadName(part.FileName()), text; len(text) > maxUpload {
				up.file, up.tooLarge = nil, true
				up.form = web.NewForm(values)
				return nil // what else there was comes behind it, and is of no use
			}
		case len(text) > maxUploadField || !utf8.Valid(text):
			return errParts
		default:
			values.Add(part.FormName(), string(text))
		}
	}
	return errParts
}

// uploadName takes off the directories that some browsers send.
func uploadName(name string) string {
	return printable(path.Base("/"+strings.ReplaceAll(name, `\`, "/")), maxShown)
}
