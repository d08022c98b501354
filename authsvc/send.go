package authsvc

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
)

// stallTimeout is how long a long answer waits for its reader to take the next
// piece, of 32 KiB at most, and an import for the next piece of its body. The deadline of short answers (writeTimeout) counts
// from the request on and would cut long ones off.
const stallTimeout = 30 * time.Second

// send writes a long answer, whose headers are set. An answer that can't be
// written to its end, or not to somebody who is allowed to have it yet, is cut off
// before its Content-Length; the caller notices, and the log says so.
func (s *Server) send(c *gin.Context, content io.Reader, allowed func() error) {
	if !mayAnswer(c) {
		return
	}
	to := &patientWriter{to: c.Writer, control: http.NewResponseController(c.Writer), patience: s.stall, allowed: allowed}
	if _, err := io.Copy(to, content); err != nil {
		s.log.LogAttrs(c.Request.Context(), slog.LevelWarn, "answer cut off", slog.String("request_id", requestID(c)),
			slog.String("route", routeOf(c)), slog.Any("error", err))
	}
}

// patientWriter gives each piece a deadline of its own.
type patientWriter struct {
	to       io.Writer
	control  *http.ResponseController
	patience time.Duration
	allowed  func() error // asked before each piece
}

// Write implements io.Writer.
func (w *patientWriter) Write(p []byte) (int, error) {
	if err := w.allowed(); err != nil {
		return 0, err
	}
	err := w.control.SetWriteDeadline(time.Now().Add(w.patience))
	if err != nil && !errors.Is(err, http.ErrNotSupported) { // under another server
		return 0, err
	}
	return w.to.Write(p)
}
