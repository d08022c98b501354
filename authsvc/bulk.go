package authsvc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// Imports and exports take as long as their size and the network want, so they
// have no deadline as a whole. Each read of a body and each write of an answer
// must make progress within stallTimeout.
const bulkTimeout = noTimeout

// maxBulk bounds imports and exports at the same time, so that their memory and
// their transactions are bounded, and maxBulkOfOne those of one caller, so that
// none can keep the others out.
const (
	maxBulk      = 6
	maxBulkOfOne = 2
)

// bulkRetryAfter is what a caller who found no place should wait, in seconds.
const bulkRetryAfter = "10"

// places are who imports or exports.
type places struct {
	mu    sync.Mutex
	taken map[string]int // by caller
	all   int
}

// take returns whether the caller got a place.
func (p *places) take(caller string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken[caller] == maxBulkOfOne || p.all == maxBulk {
		return false
	}
	if p.taken == nil {
		p.taken = map[string]int{}
	}
	p.taken[caller]++
	p.all++
	return true
}

func (p *places) giveBack(caller string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all--
	if p.taken[caller]--; p.taken[caller] == 0 {
		delete(p.taken, caller)
	}
}

// takePlace returns what gives the place back, or an error if there is none for
// this caller.
func (s *Server) takePlace(c *gin.Context) (release func(), err error) {
	caller := c.GetString(callerKey{})
	if s.bulk.take(caller) {
		return sync.OnceFunc(func() { s.bulk.giveBack(caller) }), nil
	}
	return nil, &httpError{
		status: http.StatusServiceUnavailable, code: api.CodeOverloaded,
		detail: fmt.Sprintf("A caller has %d imports and exports at a time, and all callers together have %d.", maxBulkOfOne, maxBulk),
		header: [2]string{"Retry-After", bulkRetryAfter},
	}
}

// bulkBody is a body of any size that must not stall.
type bulkBody struct {
	body    io.Reader
	control *http.ResponseController
	stall   time.Duration
	allowed func() error // asked after each read: what comes now is of no use to a caller who is not

	stopping context.Context // ends when the server is to stop
}

// endReads has a read that is under way end when the server is to stop: what has
// been read can then be worked on. forget must be called before the handler returns:
// the connection is another request's then.
func (b *bulkBody) endReads() (forget func()) {
	ended := make(chan struct{})
	stop := context.AfterFunc(b.stopping, func() {
		defer close(ended)
		_ = b.control.SetReadDeadline(time.Now())
	})
	return func() {
		if !stop() {
			<-ended
		}
	}
}

// errStopping ends what would hold up a server that is to stop.
var errStopping = &httpError{
	status: http.StatusServiceUnavailable, code: api.CodeOverloaded, detail: "The service is stopping. Go on when it is back.",
	header: [2]string{"Retry-After", bulkRetryAfter},
}

// stoppingOf returns a context that ends when the server is to stop.
func stoppingOf(ctx context.Context) context.Context {
	if stopping, ok := ctx.Value(stoppingKey{}).(context.Context); ok {
		return stopping
	}
	return context.Background() // under another server
}

// Read implements io.Reader. At the end it takes the deadline away: the server
// goes on reading, to hear when the caller hangs up, and a deadline that passes
// there would end the request's context.
func (b *bulkBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(b.stall)) // not every http.ResponseWriter can
	if b.stopping.Err() != nil {                           // after the deadline, which endReads would else be lost to
		return 0, errStopping
	}
	n, err := b.body.Read(p)
	if err != nil && b.stopping.Err() != nil && !errors.Is(err, io.EOF) {
		err = errStopping
	}
	if refused := b.allowed(); refused != nil {
		n, err = 0, refused
	}
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// stalled tells a body that did not come in time from one that was cut off, and
// both from one whose caller may not go on.
func stalled(err error) error {
	if errors.Is(err, jitsiauth.ErrBadToken) || errors.Is(err, jitsiauth.ErrTokenExpired) || errors.Is(err, errStopping) {
		return err
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return malformed("The body stalled for too long.")
	}
	return bodyError(err)
}

// bulkAnswer writes an answer of any length that must not stall.
type bulkAnswer struct {
	c       *gin.Context
	control *http.ResponseController
	stall   time.Duration
	allowed func() error // asked before each write, if it is set
	buffer  bytes.Buffer
}

// bulkFlush is how much is gathered for one write, in bytes.
const bulkFlush = 32 << 10

// startBulk begins a 200.
func (s *Server) startBulk(c *gin.Context, contentType string) *bulkAnswer {
	c.Header("Content-Type", contentType)
	c.Status(http.StatusOK)
	return &bulkAnswer{c: c, control: tellingControl(c.Writer), stall: s.stall}
}

// tellingControl goes around gin's writer, whose Flush hides that the caller has gone:
// only the third write after that would fail.
func tellingControl(w http.ResponseWriter) *http.ResponseController {
	for {
		if _, tells := w.(interface{ FlushError() error }); tells {
			return http.NewResponseController(w)
		}
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return http.NewResponseController(w)
		}
		w = wrapper.Unwrap()
	}
}

// line adds a JSON object and its line end.
func (a *bulkAnswer) line(value any) error {
	if err := json.NewEncoder(&a.buffer).Encode(value); err != nil {
		return err
	}
	return a.flushFrom(bulkFlush)
}

// flushFrom sends what is gathered if it is that much.
func (a *bulkAnswer) flushFrom(enough int) error {
	if a.buffer.Len() < enough {
		return nil
	}
	return a.flush()
}

func (a *bulkAnswer) flush() error {
	if a.allowed != nil {
		if err := a.allowed(); err != nil {
			return err
		}
	}
	_ = a.control.SetWriteDeadline(time.Now().Add(a.stall)) // not every http.ResponseWriter can
	if _, err := a.c.Writer.Write(a.buffer.Bytes()); err != nil {
		return err
	}
	a.buffer.Reset()
	return a.control.Flush()
}

// boolParam reads a parameter of the query; one that is missing is false.
func boolParam(params map[string]string, name string) (bool, error) {
	switch params[name] {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	}
	return false, &jitsiauth.InvalidError{Field: name, Rule: "must be true or false"}
}
