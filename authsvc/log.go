package authsvc

import (
	"encoding/base64"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

// The kinds of log.
const (
	kindChanges = "changes"
	kindLogins  = "logins"
)

func (s *Server) showLog(c *gin.Context) error {
	kind := c.Request.URL.Query().Get("kind")
	filter := map[string]string{"": "action", kindChanges: "action", kindLogins: "result"}[kind]
	if filter == "" {
		return &jitsiauth.InvalidError{Field: "kind", Rule: "must be changes or logins"}
	}
	params, err := queryParams(c.Request, "kind", "user", filter, "since", "until", "limit", "cursor")
	if err != nil {
		return err
	}
	if kind == "" {
		kind = kindChanges
	}
	query, err := s.logQuery(kind, params)
	if err != nil {
		return err
	}
	answer := api.LogPage{Kind: kind}
	if kind == kindLogins {
		page, err := s.svc.LoginLog(c.Request.Context(), query)
		if err != nil {
			return err
		}
		answer.Logins, answer.NextCursor = wireAll(page.Entries, wireLogin), logCursor(kind, page.Next, page.More)
	} else {
		page, err := s.svc.ChangeLog(c.Request.Context(), query)
		if err != nil {
			return err
		}
		answer.Changes, answer.NextCursor = wireAll(page.Entries, wireChange), logCursor(kind, page.Next, page.More)
	}
	return writeJSON(c, http.StatusOK, jsonType, answer)
}

func (s *Server) logQuery(kind string, params map[string]string) (query jitsiauth.LogQuery, err error) {
	query.Action, query.Result = jitsiauth.Action(params["action"]), jitsiauth.LoginResult(params["result"])
	if limit, ok := params["limit"]; ok {
		// 0 is the domain's word for "not given".
		if query.Limit, err = strconv.Atoi(limit); err != nil || query.Limit == 0 {
			return query, &jitsiauth.InvalidError{Field: "limit", Rule: "must be a number from 1 to " + strconv.Itoa(jitsiauth.MaxPage)}
		}
	}
	if user, ok := params["user"]; ok {
		if query.ID, err = jitsiauth.ParseID(user); err != nil {
			if query.JID, err = s.svc.ParseJID(user); err != nil {
				return query, &jitsiauth.InvalidError{Field: "user", Rule: "must be the ID, the JID or the name of an account"}
			}
		}
	}
	if query.Since, err = s.moment("since", params["since"], false); err != nil {
		return query, err
	}
	if query.Until, err = s.moment("until", params["until"], true); err != nil {
		return query, err
	}
	query.Before, err = readLogCursor(kind, params["cursor"])
	return query, err
}

// logCursor is empty for the last page.
func logCursor(kind string, next uint64, more bool) string {
	if !more {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(kind + ":" + strconv.FormatUint(next, 10)))
}

// readLogCursor reads what logCursor wrote for the same kind of log.
func readLogCursor(kind, cursor string) (uint64, error) {
	if cursor == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if number, ok := strings.CutPrefix(string(text), kind+":"); ok && err == nil {
		if n, err := strconv.ParseUint(number, 10, 64); err == nil && n > 0 {
			return n, nil
		}
	}
	return 0, &jitsiauth.InvalidError{Field: "cursor", Rule: "must be a next_cursor that this service gave out for this kind of log"}
}

func wireAll[E, W any](entries []E, wire func(*E) W) []W {
	all := make([]W, 0, len(entries))
	for i := range entries {
		all = append(all, wire(&entries[i]))
	}
	return all
}

func wireChange(c *jitsiauth.Change) api.Change {
	wire := api.Change{
		Number: c.Position.N, At: c.At, Action: string(c.Action), JID: jidText(c.JID, ""), Name: c.Name,
		Fields: append([]string{}, c.Fields...), Actor: string(c.Actor), ActorName: c.ActorName, Source: addrText(c.Source),
	}
	if !c.Subject.IsZero() {
		wire.ID = c.Subject.String()
	}
	return wire
}

func wireLogin(l *jitsiauth.Login) api.Login {
	wire := api.Login{
		Number: l.N, At: l.At, Result: string(l.Result), JID: jidText(l.JID, "-"),
		Source: addrText(l.Source), Proxy: l.Proxy, Transport: l.Transport,
		Actor: string(l.Actor), ActorName: l.ActorName, Count: l.Count, Rest: l.Rest,
	}
	if !l.ID.IsZero() {
		wire.ID = l.ID.String()
	}
	return wire
}

func jidText(jid jitsiauth.JID, none string) string {
	if jid.IsZero() {
		return none
	}
	return jid.String()
}

func addrText(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}
