package authsvc

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"
)

// Keys of what middleware leaves in a gin.Context.
type (
	requestIDKey    struct{}
	callerKey       struct{}
	loginRefusedKey struct{}
)

// identify gives the request an ID of its own making: one sent by the caller
// could forge log lines. It also sets the headers that every answer has.
func (s *Server) identify(c *gin.Context) {
	id := rand.Text()
	c.Set(requestIDKey{}, id)
	c.Header("X-Request-Id", id)
	c.Header("Cache-Control", "no-store")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Next()
}

func requestID(c *gin.Context) string { return c.GetString(requestIDKey{}) }

// routeOf returns the pattern that matched, "-" if none did. Logs hold it
// instead of the path and query, which may hold anything.
func routeOf(c *gin.Context) string {
	if route := c.FullPath(); route != "" {
		return route
	}
	return "-"
}

// logAccess writes one line for each request. Health checks and scrapes come
// every few seconds, and refused logins come in floods and have a line of their
// own, whose number is bounded (jitsiauth/refusal.go), so those lines are for
// debugging only.
func (s *Server) logAccess(c *gin.Context) {
	start := time.Now()
	defer func() {
		level := slog.LevelInfo
		if quiet(c) {
			level = slog.LevelDebug
		}
		caller := c.GetString(callerKey{})
		if caller == "" {
			caller = "-"
		}
		s.log.LogAttrs(c.Request.Context(), level, "request",
			slog.String("method", printable(c.Request.Method, 16)), slog.String("route", routeOf(c)),
			slog.Int("status", c.Writer.Status()), slog.Duration("duration", time.Since(start)),
			slog.Int("bytes", max(0, c.Writer.Size())), slog.String("caller", caller), slog.String("request_id", requestID(c)))
	}()
	c.Next()
}

func quiet(c *gin.Context) bool {
	switch c.FullPath() {
	case "/healthz", "/readyz", "/metrics":
		return true
	}
	return c.GetBool(loginRefusedKey{})
}

// recoverPanic answers for a handler that panicked, and keeps the service up.
func (s *Server) recoverPanic(c *gin.Context) {
	defer func() {
		cause := recover()
		if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(cause)
		}
		if cause == nil {
			return
		}
		s.log.LogAttrs(c.Request.Context(), slog.LevelError, "panic", slog.String("request_id", requestID(c)),
			slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
		if !c.Writer.Written() {
			s.writeError(c, errPanic)
		}
	}()
	c.Next()
}

var errPanic = errors.New("a handler panicked")
