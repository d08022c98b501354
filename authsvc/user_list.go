package authsvc

import (
	"encoding/base64"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

func (s *Server) listUsers(c *gin.Context) error {
	query, err := userQuery(c.Request)
	if err != nil {
		return err
	}
	page, err := s.svc.List(c.Request.Context(), query)
	if err != nil {
		return err
	}
	wire := api.UserPage{Users: make([]api.User, 0, len(page.Users))}
	for _, u := range page.Users {
		wire.Users = append(wire.Users, s.wireUser(&u))
	}
	if page.More {
		wire.NextCursor = base64.RawURLEncoding.EncodeToString([]byte(page.Next.String()))
	}
	return writeJSON(c, http.StatusOK, jsonType, wire)
}

func userQuery(r *http.Request) (jitsiauth.ListQuery, error) {
	params, err := queryParams(r, "limit", "cursor", "q", "state", "domain", "password_kind")
	if err != nil {
		return jitsiauth.ListQuery{}, err
	}
	query := jitsiauth.ListQuery{Text: params["q"], State: jitsiauth.State(params["state"]), PasswordKind: jitsiauth.PasswordKind(params["password_kind"])}
	if limit, ok := params["limit"]; ok {
		// 0 is the domain's word for "not given".
		if query.Limit, err = strconv.Atoi(limit); err != nil || query.Limit == 0 {
			return query, &jitsiauth.InvalidError{Field: "limit", Rule: "must be a number from 1 to " + strconv.Itoa(jitsiauth.MaxPage)}
		}
	}
	if domain := params["domain"]; domain != "" {
		if query.Domain, err = jitsiauth.PrepareDomain(domain); err != nil {
			return query, err
		}
	}
	query.After, err = readCursor(params["cursor"])
	return query, err
}

// readCursor reads what listUsers gave out: the name behind which to go on.
func readCursor(cursor string) (jitsiauth.JID, error) {
	if cursor == "" {
		return jitsiauth.JID{}, nil
	}
	name, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		var jid jitsiauth.JID
		if jid, err = jitsiauth.ParseJID(string(name)); err == nil {
			return jid, nil
		}
	}
	return jitsiauth.JID{}, &jitsiauth.InvalidError{Field: "cursor", Rule: "must be a next_cursor that this service gave out"}
}
