package authsvc

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
)

// lateGrace is how long a handler has after its deadline to answer by itself.
// With it, a login is answered before Prosody stops waiting.
const lateGrace = 250 * time.Millisecond

// answer says who answers a request: its handler or, where that hangs with a
// store that does not heed its context, such as one on a disk that does not
// answer, somebody in its place. A handler in a goroutine of its own would do,
// too, and would cost every login a sixth of its time.
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

// limitTime gives the request's context a deadline; 0: none. If the handler has
// not answered a while after it, the caller gets an answer all the same; the
// handler's own goes nowhere. That needs HTTP/1.1.
func (s *Server) limitTime(timeout time.Duration) gin.HandlerFunc {
	return func(c *gin.Context) {
		if timeout == 0 {
			c.Next()
			return
		}
		ctx, cancel := context.WithTimeout(c.Request.Context(), timeout)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
		a := &answer{given: make(chan struct{})}
		c.Set(answerKey{}, a)
		defer time.AfterFunc(timeout+lateGrace, s.answerLate(c, a)).Stop()
		defer func() {
			if !a.begin() {
				<-a.given
				c.Status(http.StatusServiceUnavailable) // for the log
				panic(http.ErrAbortHandler)             // the connection is gone
			}
		}()
		c.Next()
	}
}

// answerLate returns what answers in place of the handler. It takes what it
// needs of c now: later c belongs to the handler.
func (s *Server) answerLate(c *gin.Context, a *answer) func() {
	w, ok := c.Writer.(interface{ Unwrap() http.ResponseWriter })
	ctx, id, route := c.Request.Context(), requestID(c), routeOf(c)
	return func() {
		if !ok || !a.by.CompareAndSwap(byNobody, bySomebodyElse) {
			return
		}
		defer close(a.given)
		err := writeLate(w.Unwrap(), id)
		s.log.LogAttrs(ctx, slog.LevelError, "request hangs", slog.String("request_id", id), slog.String("route", route),
			slog.Bool("answered", err == nil), slog.String("hint", "the store does not answer: is its disk in order?"))
	}
}

// writeLate takes the connection from the server, says that there is no answer,
// and closes it.
func writeLate(w http.ResponseWriter, id string) error {
	body, err := json.Marshal(api.Problem{
		Type: "about:blank", Title: http.StatusText(http.StatusServiceUnavailable), Status: http.StatusServiceUnavailable,
		Detail: saidOverloaded, Code: api.CodeOverloaded, RequestID: id,
	})
	if err != nil {
		return err
	}
	conn, out, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	fmt.Fprintf(out, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: %s\r\nContent-Length: %d\r\nRetry-After: %s\r\n"+
		"X-Request-Id: %s\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n%s",
		api.ProblemType, len(body), retryAfter, id, body)
	return out.Flush()
}
