package csvfile

import (
	"errors"
	"strings"
	"time"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

var errNoField = errors.New("no such field")

// textField returns the field of the name that takes a cell as it is, if it is one.
func textField(wire *api.ImportLine, name string) *string {
	switch name {
	case "jid":
		return &wire.JID
	case "username":
		return &wire.Username
	case "domain":
		return &wire.Domain
	case "password":
		return &wire.Password
	case "password_hash":
		return &wire.PasswordHash
	case "password_kind":
		return &wire.PasswordKind
	case "id":
		return &wire.ID
	case "created_at":
		return &wire.CreatedAt
	case "password_changed_at":
		return &wire.PasswordChangedAt
	}
	return nil
}

// setCell sets one field of a row; see api.ImportLine for empty cells.
func setCell(wire *api.ImportLine, name, cell string) (err error) {
	if text := textField(wire, name); text != nil {
		*text = cell
		return nil
	}
	switch name {
	case FieldLogin:
		setLogin(&wire.JID, &wire.Username, cell)
	case "generate":
		wire.Generate, err = cellBool(name, cell)
	case "migrated":
		wire.Migrated, err = cellBool(name, cell)
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
	case "state", "updated_at":
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
