package authsvc

import (
	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/csvfile"
)

// importTemplate sends a CSV to fill in. The account in it is an example, which
// every import refuses: see csvfile.ExampleLogins.
func (s *Server) importTemplate(c *gin.Context) error {
	lang := s.pageLanguage(c.Request)
	fields := []string{csvfile.FieldLogin, "display_name", "email", "password", "valid_until", "note"}
	heads := make([]string, 0, len(fields))
	for _, field := range fields {
		heads = append(heads, headingFor(lang, field))
	}
	end := s.opts.Now().In(s.opts.Timezone).AddDate(0, 0, 30)
	example := []string{csvfile.ExampleLogins[1], "Jane Doe", "jane@example.org", "", end.Format("2006-01-02"), "An example: delete this row"}
	if lang == "ja" {
		example = []string{csvfile.ExampleLogins[0], "山田 太郎", "taro@example.org", "", end.Format("2006/1/2"), "記入例です。この行は削除してください"}
	}
	return s.sendSheet(c, "jitsiauth-template.csv", [][]string{heads, example})
}
