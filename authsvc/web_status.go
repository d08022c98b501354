package authsvc

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
)

// statusView is what status.html shows.
type statusView struct {
	api.Status
	Size  string    // of the store; empty: not known
	Warns []warning // to be put into words
}

func (s *Server) statusPage(c *gin.Context) error {
	st, warnings, err := s.status(c)
	if err != nil {
		return err
	}
	return s.page(c, http.StatusOK, "status.html", statusView{Status: st, Size: sizeText(st.StoreBytes), Warns: warnings})
}

// sizeText is for people, who want to know whether it is little or much.
func sizeText(bytes int64) string {
	switch {
	case bytes <= 0:
		return ""
	case bytes < 1<<20:
		return strconv.FormatInt((bytes+1023)>>10, 10) + " KiB"
	}
	return strconv.FormatFloat(float64(bytes)/(1<<20), 'f', 1, 64) + " MiB"
}
