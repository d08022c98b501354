package authsvc

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

const mergePatchType = "application/merge-patch+json"

func (s *Server) createUser(c *gin.Context) error {
	var body api.NewUser
	if err := bind(c, &body, maxBody); err != nil {
		return err
	}
	return s.addUser(c, &body)
}

// addUser answers for all ways to make an account.
func (s *Server) addUser(c *gin.Context, body *api.NewUser) error {
	wanted, err := s.newUser(body)
	if err != nil {
		return err
	}
	generated, err := s.choosePassword(&wanted.Password, body.Generate)
	if err != nil {
		return err
	}
	user, err := s.svc.Create(c.Request.Context(), wanted)
	if err != nil {
		return err
	}
	c.Header("Location", "/api/v1/users/"+user.ID.String())
	return s.writeUser(c, http.StatusCreated, &user, generated)
}

// newUser reads all of the body but Generate.
func (s *Server) newUser(body *api.NewUser) (jitsiauth.NewUser, error) {
	wanted := jitsiauth.NewUser{
		Password: body.Password, AllowWeak: body.AllowWeak, DisplayName: body.DisplayName, Email: body.Email, Note: body.Note,
		Role: jitsiauth.Role(body.Role), Disabled: body.Disabled,
	}
	var err error
	if wanted.JID, err = s.newJID(body); err != nil {
		return wanted, err
	}
	if wanted.ValidFrom, err = s.moment("valid_from", body.ValidFrom, false); err != nil {
		return wanted, err
	}
	wanted.ValidUntil, err = s.moment("valid_until", body.ValidUntil, true)
	return wanted, err
}

func (s *Server) newJID(body *api.NewUser) (jitsiauth.JID, error) {
	switch {
	case body.JID == "" && body.Username == "":
		return jitsiauth.JID{}, &jitsiauth.InvalidError{Field: "jid", Rule: "must be given, or else username"}
	case body.JID == "" && body.Domain == "":
		return jitsiauth.NewJID(body.Username, s.svc.Domains()[0])
	case body.JID == "":
		return jitsiauth.NewJID(body.Username, body.Domain)
	case body.Username != "" || body.Domain != "":
		return jitsiauth.JID{}, &jitsiauth.InvalidError{Field: "jid", Rule: "must not be given together with username or domain"}
	}
	return jitsiauth.ParseJID(body.JID)
}

// choosePassword makes a password where one is to be made, and returns it.
func (s *Server) choosePassword(password *string, generate bool) (generated string, err error) {
	switch {
	case generate && *password != "":
		return "", &jitsiauth.InvalidError{Field: "generate", Rule: "must not be given together with password"}
	case !generate && *password == "":
		return "", &jitsiauth.InvalidError{Field: "password", Rule: "must be given, or else generate must be true"}
	case !generate:
		return "", nil
	}
	*password, err = s.svc.GeneratePassword()
	return *password, err
}

func (s *Server) showUser(c *gin.Context) error {
	user, err := s.refUser(c)
	if err != nil {
		return err
	}
	return s.writeUser(c, http.StatusOK, &user, "")
}

func (s *Server) updateUser(c *gin.Context) error {
	var patch api.UserPatch
	if err := bind(c, &patch, maxBody, mergePatchType); err != nil {
		return whyNotPatched(err)
	}
	change, err := s.userChange(&patch)
	if err != nil {
		return err
	}
	conditions, err := ifMatch(c.Request)
	if err != nil {
		return err
	}
	user, err := s.refUser(c)
	if err != nil {
		return err
	}
	if user, err = s.svc.Update(c.Request.Context(), user.ID, change, conditions...); err != nil {
		return err
	}
	return s.writeUser(c, http.StatusOK, &user, "")
}

func (s *Server) setPassword(c *gin.Context) error {
	var body api.NewPassword
	if err := bind(c, &body, maxBody); err != nil {
		return err
	}
	generated, err := s.choosePassword(&body.Password, body.Generate)
	if err != nil {
		return err
	}
	conditions, err := ifMatch(c.Request)
	if err != nil {
		return err
	}
	user, err := s.refUser(c)
	if err != nil {
		return err
	}
	wanted := jitsiauth.NewPassword{Password: body.Password, AllowWeak: body.AllowWeak}
	if user, err = s.svc.SetPassword(c.Request.Context(), user.ID, wanted, conditions...); err != nil {
		return err
	}
	return s.writeUser(c, http.StatusOK, &user, generated)
}

func (s *Server) deleteUser(c *gin.Context) error {
	conditions, err := ifMatch(c.Request)
	if err != nil {
		return err
	}
	user, err := s.refUser(c)
	if err != nil {
		return err
	}
	if err := s.svc.Delete(c.Request.Context(), user.ID, conditions...); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// refUser returns the account that the path names: text that looks like an ID
// is one; other text is a JID, or a local part of the default domain.
func (s *Server) refUser(c *gin.Context) (jitsiauth.User, error) {
	ref, err := pathRef(c)
	if err != nil {
		return jitsiauth.User{}, err
	}
	return s.userByRef(c.Request.Context(), ref)
}

// userByRef is refUser for a name from elsewhere.
func (s *Server) userByRef(ctx context.Context, ref string) (jitsiauth.User, error) {
	if id, err := jitsiauth.ParseID(ref); err == nil {
		return s.svc.Get(ctx, id)
	}
	jid, err := s.svc.ParseJID(ref)
	if err != nil {
		return jitsiauth.User{}, err
	}
	return s.svc.GetByJID(ctx, jid)
}

// userChange reads a patch. A null clears a text or a date.
func (s *Server) userChange(patch *api.UserPatch) (change jitsiauth.UserChange, err error) {
	change.DisplayName = given(patch.DisplayName)
	change.Email = given(patch.Email)
	change.Note = given(patch.Note)
	change.Disabled = given(patch.Disabled)
	if role := given(patch.Role); role != nil {
		change.Role = new(jitsiauth.Role(*role))
	}
	switch {
	case patch.Role.Null:
		return change, &jitsiauth.InvalidError{Field: "role", Rule: "must not be null"}
	case patch.Disabled.Null:
		return change, &jitsiauth.InvalidError{Field: "disabled", Rule: "must not be null"}
	}
	if change.ValidFrom, err = s.newMoment("valid_from", patch.ValidFrom, false); err != nil {
		return change, err
	}
	change.ValidUntil, err = s.newMoment("valid_until", patch.ValidUntil, true)
	return change, err
}

func given[T any](field api.Optional[T]) *T {
	if !field.Set {
		return nil
	}
	return &field.Value
}

func (s *Server) newMoment(name string, field api.Optional[string], until bool) (*time.Time, error) {
	switch {
	case !field.Set:
		return nil, nil
	case field.Null:
		return &time.Time{}, nil
	}
	at, err := jitsiauth.ParseMoment(name, field.Value, until, s.opts.Timezone)
	return &at, err
}

// moment reads a date of a new account or token, where empty means none.
func (s *Server) moment(name, text string, until bool) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return jitsiauth.ParseMoment(name, text, until, s.opts.Timezone)
}

// whyNotPatched gives the reason for fields that an account has and a patch
// hasn't.
func whyNotPatched(err error) error {
	var invalid *jitsiauth.InvalidError
	if !errors.As(err, &invalid) {
		return err
	}
	switch invalid.Field {
	case "id", "jid", "username", "domain", "state", "revision", "credential_revision", "created_at", "updated_at", "password_changed_at":
		return &jitsiauth.InvalidError{Field: invalid.Field, Rule: "can't be changed"}
	case "password", "generate", "allow_weak":
		return &jitsiauth.InvalidError{Field: invalid.Field, Rule: "must be sent with PUT to the account's /password instead"}
	}
	return err
}

func (s *Server) writeUser(c *gin.Context, status int, u *jitsiauth.User, generated string) error {
	c.Header("ETag", etag(u))
	return writeJSON(c, status, jsonType, api.UserAndPassword{User: s.wireUser(u), GeneratedPassword: generated})
}

func (s *Server) wireUser(u *jitsiauth.User) api.User {
	return api.User{
		ID: u.ID.String(), JID: u.JID.String(), Username: u.JID.Local(), Domain: u.JID.Domain(),
		DisplayName: u.DisplayName, Email: u.Email, Note: u.Note, Role: string(u.Role), Disabled: u.Disabled,
		State: string(u.StateAt(s.opts.Now())), ValidFrom: u.ValidFrom, ValidUntil: u.ValidUntil,
		PasswordKind: wirePasswordKind(u.PasswordKind), Revision: u.Revision, CredentialRevision: u.CredentialRevision,
		CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt, PasswordChangedAt: u.PasswordChangedAt,
		LastLoginAt: u.LastLoginAt,
	}
}

// passwordSet is what the API calls jitsiauth.PasswordSet.
const passwordSet = "set"

func wirePasswordKind(kind jitsiauth.PasswordKind) string {
	if kind == jitsiauth.PasswordSet {
		return passwordSet
	}
	return string(kind)
}
