package authsvc

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
)

// backupTimeout bounds how long the copy may take to make, from disk to disk;
// package client waits a minute for an answer to begin. Sending takes as long
// as it takes.
const backupTimeout = 50 * time.Second

// backupRetry is what a caller should wait while another has the one backup
// that there may be at a time, in seconds. Each takes up space on the disk.
const backupRetry = "10"

// errBackupBusy answers who asks meanwhile.
var errBackupBusy = &httpError{
	status: http.StatusServiceUnavailable, code: api.CodeOverloaded,
	detail: "Another backup is being made or sent, and there is one at a time.",
	header: [2]string{"Retry-After", backupRetry},
}

func (s *Server) backup(c *gin.Context) error {
	if _, err := queryParams(c.Request); err != nil {
		return err
	}
	ctx := context.WithoutCancel(c.Request.Context()) // sending outlasts backupTimeout
	return s.sendBackup(c, "jitsiauth-"+s.opts.Now().UTC().Format("20060102T150405Z")+".db", func() error { return s.stillAllowed(ctx) })
}

// sendBackup sends a copy of the whole store as a file of that name. The digest
// (RFC 9530) and the length tell a whole copy from one that was cut off, as it is
// where the caller is not allowed to have it any more.
func (s *Server) sendBackup(c *gin.Context, name string, allowed func() error) error {
	select {
	case s.backups <- struct{}{}:
		defer func() { <-s.backups }()
	default:
		return errBackupBusy
	}
	backup, err := s.svc.Backup(c.Request.Context())
	if err != nil {
		return err
	}
	defer func() {
		if err := backup.Close(); err != nil {
			s.log.LogAttrs(c.Request.Context(), slog.LevelError, "backup not removed", slog.String("request_id", requestID(c)), slog.Any("error", err))
		}
	}()
	c.Header("Content-Type", "application/octet-stream")
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	c.Header("Content-Length", strconv.FormatInt(backup.Size, 10))
	c.Header("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(backup.SHA256[:])+":")
	c.Status(http.StatusOK)
	s.send(c, backup, allowed)
	return nil
}
