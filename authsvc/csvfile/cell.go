package csvfile

import (
	"errors"
	"strings"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

var errNoField = errors.New("no such field")

// setCell sets one field of a row; see api.ImportLine for empty cells.
func setCell(wire *api.ImportLine, name, cell string) (err error) {
	switch name {
	case FieldLogin:
		setLogin(&wire.JID, &wire.Username, cell)
	case "jid":
		wire.JID = cell
	case "username":
		wire.Username = cell
	case "domain":
		wire.Domain = cell
	case "password":
		wire.Password = cell
	case "password_hash":
		wire.PasswordHash = cell
	case "generate":
		wire.Generate, err = cellBool(name, cell)
	case "display_name":
		wire.DisplayName = api.Some(cell)
	case "email":
		wire.Email = api.Some(cell)
	case "note":
		wire.Note = api.Some(cell)
	case "role":
		wire.Role = api.Optional[string]{Value: cell, Set: cell != ""}
	case "disabled":
		wire.Disabled.Set = cell != ""
		wire.Disabled.Value, err = cellBool(name, cell)
	case "valid_from":
		wire.ValidFrom = api.Optional[string]{Value: cellDate(cell), Set: true, Null: cell == ""}
	case "valid_until":
		wire.ValidUntil = api.Optional[string]{Value: cellDate(cell), Set: true, Null: cell == ""}
	case "id", "state", "created_at", "updated_at", "password_changed_at":
	default:
		return errNoField
	}
	return err
}

// cellDate makes of a day as Excel writes it in Japan one as the API takes it.
func cellDate(cell string) string {
	for _, layout := range []string{"2006/1/2", "2006年1月2日"} {
		if day, err := time.Parse(layout, cell); err == nil {
			return day.Format(time.DateOnly)
		}
	}
	return cell
}

// cellBool takes capitals too, which spreadsheets write.
func cellBool(name, cell string) (bool, error) {
	switch strings.ToLower(cell) {
	case "true":
		return true, nil
	case "", "false":
		return false, nil
	}
	return false, &jitsiauth.InvalidError{Field: name, Rule: "must be true or false"}
}
