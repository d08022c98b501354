package authsvc

import (
	_ "embed"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"
	"github.com/goccy/go-yaml"
)

//go:embed openapi.yaml
var openAPISource []byte

// openAPIJSON is made when someone first asks: few do, and reading YAML takes
// some megabytes. The YAML module is the one that gin brings along anyway.
var openAPIJSON = sync.OnceValues(func() ([]byte, error) { return yaml.YAMLToJSON(openAPISource) })

// openAPI sends the contract.
func (s *Server) openAPI(c *gin.Context) error {
	document, err := openAPIJSON()
	if err != nil {
		return err
	}
	writeBody(c, http.StatusOK, jsonType, document)
	return nil
}
