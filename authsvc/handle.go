package authsvc

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"

	"github.com/gin-gonic/gin"
)

// handle makes a gin handler of one that returns its error instead of writing
// it. A handler writes its answer last, and none if it returns an error.
func (s *Server) handle(handler func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := handler(c); err != nil {
			s.writeError(c, err)
		}
	}
}

// await returns what work returns, or the error of ctx as soon as that ends,
// because a store may hang. Then work goes on alone,
// so it must not touch the gin.Context, which gin gives to the next request.
func await[T any](ctx context.Context, s *Server, work func(context.Context) (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	s.running.Go(func() {
		var out outcome
		defer func() {
			if cause := recover(); cause != nil { // recoverPanic can't see it in this goroutine
				out.err = fmt.Errorf("panic: %v", cause)
				s.log.ErrorContext(ctx, "panic", slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
			}
			done <- out
		}()
		out.value, out.err = work(ctx)
	})
	select {
	case out := <-done:
		return out.value, out.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// writeJSON writes an answer in one piece with its length: Prosody's client
// can't tell a chunked answer that was cut off from a whole one.
func writeJSON(c *gin.Context, status int, contentType string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	writeBody(c, status, contentType, body)
	return nil
}

func writeBody(c *gin.Context, status int, contentType string, body []byte) {
	if !mayAnswer(c) {
		return
	}
	c.Header("Content-Length", strconv.Itoa(len(body)))
	c.Data(status, contentType, body)
}

const jsonType = "application/json"
