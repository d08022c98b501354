package authsvc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/web"
)

// lateGrace is how long a handler has after its deadline to answer by itself.
// With it, a login is answered before Prosody stops waiting.
const lateGrace = 250 * time.Millisecond

// answer says who answers a request: its handler or, where that hangs with a
// store that does not heed its context, such as one on a disk that does not
// answer, somebody in its place. A handler in a goroutine of its own would do,
// too, and would cost every recognised login much of its time.
type answer struct {
	by    atomic.Int32
	given chan struct{} // closed when somebody else has answered
}

const (
	byNobody int32 = iota
	byHandler
	bySomebodyElse
)

// begin is called by the handler before it writes anything; false: it is too late.
func (a *answer) begin() bool {
	return a.by.CompareAndSwap(byNobody, byHandler) || a.by.Load() == byHandler
}

type answerKey struct{}

// mayAnswer reports whether the handler of the request may still write.
func mayAnswer(c *gin.Context) bool {
	value, _ := c.Get(answerKey{})
	a, ok := value.(*answer)
	return !ok || a.begin()
}

// maxHanging bounds the handlers that hang and have been answered for: Prosody
// sends others in their place as soon as it has an answer.
const maxHanging = 1000

var errHanging = &httpError{
	status: http.StatusServiceUnavailable, code: api.CodeOverloaded, detail: saidOverloaded, header: [2]string{"Retry-After", retryAfter},
	cause: errors.New("too many requests hang already"),
}

// noTimeout is the deadline of a request that has none.
const noTimeout time.Duration = -1

// limitTime gives the request's context a deadline, or none. If the handler has
// not answered a while after it, the caller gets an answer all the same, and the
// handler's own goes nowhere. That needs a connection that can be taken from the
// server: not HTTP/2.
func (s *Server) limitTime(timeout time.Duration) gin.HandlerFunc {
	return func(c *gin.Context) {
		if timeout == noTimeout {
			c.Next()
			return
		}
		if s.hanging.Load() >= maxHanging {
			s.writeError(c, errHanging)
			c.Abort()
			return
		}
		s.running.Add(1) // the server forgets a handler whose connection is taken
		defer s.running.Done()
		ctx, cancel := context.WithTimeout(c.Request.Context(), timeout)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		if w := hijackable(c.Writer); w != nil {
			a := &answer{given: make(chan struct{})}
			c.Set(answerKey{}, a)
			defer time.AfterFunc(timeout+lateGrace, s.answerLate(c, w, a)).Stop()
			defer s.comeBack(c, a)
		}
		c.Next()
	}
}

// hijackable returns the server's own writer if it lets go of connections.
func hijackable(w http.ResponseWriter) http.ResponseWriter {
	for {
		outer, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w = outer.Unwrap() // gin's says that it can, whatever it wraps
	}
	if _, ok := w.(http.Hijacker); !ok {
		return nil
	}
	return w
}

// comeBack ends a request that was answered for; it is deferred. Nothing can be
// written any more, and a panic of the handler would be lost.
func (s *Server) comeBack(c *gin.Context, a *answer) {
	if a.begin() {
		return
	}
	<-a.given
	s.hanging.Add(-1)
	if cause := recover(); cause != nil {
		s.log.LogAttrs(c.Request.Context(), slog.LevelError, "panic", slog.String("request_id", requestID(c)),
			slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
	}
	c.Status(http.StatusServiceUnavailable) // for the log
	panic(http.ErrAbortHandler)
}

// answerLate returns what answers in place of the handler. It takes what it
// needs of c now: later c belongs to the handler.
func (s *Server) answerLate(c *gin.Context, w http.ResponseWriter, a *answer) func() {
	ctx, id, route := c.Request.Context(), requestID(c), routeOf(c)
	answer := func() ([]byte, error) { return lateProblem(id) }
	if isPage(c) {
		answer = s.latePage(c)
	}
	return func() {
		if !a.by.CompareAndSwap(byNobody, bySomebodyElse) {
			return
		}
		s.hanging.Add(1)
		defer close(a.given)
		text, err := answer()
		if err == nil {
			err = writeLate(w, text)
		}
		s.log.LogAttrs(ctx, slog.LevelError, "request hangs", slog.String("request_id", id), slog.String("route", route),
			slog.Bool("answered", err == nil), slog.String("hint", "does the store answer (is its disk in order?), and did the request's body come?"))
	}
}

// lateHead begins each answer of answerLate, which has to write HTTP itself.
const lateHead = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: " + retryAfter + "\r\nConnection: close\r\n"

// lateAnswer is the whole answer: headers that name the request, those that are
// given, and the body.
func lateAnswer(id, contentType string, more http.Header, body []byte) ([]byte, error) {
	header := http.Header{
		"Content-Type": {contentType}, "Content-Length": {strconv.Itoa(len(body))}, "X-Request-Id": {id},
		"Cache-Control": {"no-store"}, "X-Content-Type-Options": {"nosniff"},
	}
	maps.Copy(header, more)
	var text bytes.Buffer
	text.WriteString(lateHead)
	if err := header.Write(&text); err != nil {
		return nil, err
	}
	text.WriteString("\r\n")
	text.Write(body)
	return text.Bytes(), nil
}

func lateProblem(id string) ([]byte, error) {
	body, err := json.Marshal(api.Problem{
		Type: "about:blank", Title: http.StatusText(http.StatusServiceUnavailable), Status: http.StatusServiceUnavailable,
		Detail: saidOverloaded, Code: api.CodeOverloaded, RequestID: id,
	})
	if err != nil {
		return nil, err
	}
	return lateAnswer(id, api.ProblemType, nil, body)
}

// latePage is lateProblem for a reader. It asks nobody who that is: the store
// hangs.
func (s *Server) latePage(c *gin.Context) func() ([]byte, error) {
	id, lang, local := requestID(c), s.pageLanguage(c.Request), s.schemeOf(c.Request) == schemeLocal
	return func() ([]byte, error) {
		view := &web.View{Lang: lang, Data: errorView{Text: web.Text(lang, "error.503"), RequestID: id, Home: true}}
		if local {
			view.Warning = "base.plain"
		}
		body, err := s.look.Render("error.html", view)
		if err != nil {
			return nil, err
		}
		header := http.Header{}
		setPageHeaders(header)
		return lateAnswer(id, pageType, header, body)
	}
}

// writeLate takes the connection from the server, says that there is no answer,
// and closes it.
func writeLate(w http.ResponseWriter, text []byte) error {
	conn, out, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := out.Write(text); err != nil {
		return err
	}
	return out.Flush()
}
