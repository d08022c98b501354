package authsvc

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
)

// healthTimeout is shorter than what health checks commonly wait.
const healthTimeout = 2 * time.Second

// alive says that the process answers.
func (s *Server) alive(c *gin.Context) error {
	return writeJSON(c, http.StatusOK, jsonType, api.Health{Status: "ok", Version: s.opts.Version})
}

// ready says that the store answers too.
func (s *Server) ready(c *gin.Context) error {
	_, err := await(c.Request.Context(), s, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.svc.Ready(ctx)
	})
	if err != nil {
		return &httpError{status: http.StatusServiceUnavailable, code: api.CodeUnavailable, detail: saidUnavailable, cause: err}
	}
	return s.alive(c)
}
