package authsvc

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"
)

// backupView is what backup.html shows.
type backupView struct {
	Problem string
	File    string // what it will be called
}

func (s *Server) backupPage(c *gin.Context) error { return s.showBackup(c, http.StatusOK, "") }

func (s *Server) showBackup(c *gin.Context, status int, problem string) error {
	return s.page(c, status, "backup.html", backupView{Problem: problem, File: s.backupName()})
}

// backupName has the day as it is where the service is.
func (s *Server) backupName() string {
	return "jitsiauth-" + s.today() + ".db"
}

// downloadBackup sends the file by POST, so that no link and no other site makes
// anybody load all hashes onto their disk, and the log has an entry of each.
func (s *Server) downloadBackup(c *gin.Context) error {
	pageHeaders(c)
	err := s.sendBackup(c, s.backupName(), s.mayLoad(c))
	if errors.Is(err, errBackupBusy) {
		c.Header("Retry-After", backupRetry)
		return s.showBackup(c, http.StatusServiceUnavailable, s.say(c, "backup.busy"))
	}
	return err
}
