package authsvc_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/authsvc/client"
	"github.com/jitsiauth/server/jitsiauth"
)

// modelChecks is how many runs the model gets where -rapid.checks says nothing.
const modelChecks = "25"

// account is what the model knows of one.
type account struct {
	id, jid, password, note, role string
	disabled                      bool
	validFrom, validUntil         time.Time
	revision, credentialRevision  uint64
}

func (a *account) state(now time.Time) string {
	switch {
	case a.disabled:
		return "disabled"
	case !a.validUntil.IsZero() && !now.Before(a.validUntil):
		return "expired"
	case now.Before(a.validFrom):
		return "not_yet_valid"
	}
	return "active"
}

// model is an oracle in memory of what the service must answer. What is stored
// is compared after every operation.
type model struct {
	w        *world
	accounts map[string]*account // by JID
	gone     []string            // IDs that were removed
}

// Small sets, so that names and passwords meet again.
var (
	modelNames     = rapid.SampledFrom([]string{"a", "B", "ｂ", "straße", "strasse", "c1"})
	modelDomains   = rapid.SampledFrom([]string{"meet.jitsi", "other.example"})
	modelPasswords = rapid.SampledFrom([]string{"correct horse battery", "ｃｏｒｒｅｃｔ horse battery", "staple horse", "パスワード horse"})
	modelNotes     = rapid.SampledFrom([]string{"", "one", "two"})
)

// drawJID returns a name as a person writes it and as it is kept; more often
// than chance has it one of an account that there is.
func (m *model) drawJID(r *rapid.T) (typed, kept string) {
	if len(m.accounts) > 0 && rapid.Bool().Draw(r, "known") {
		jid := rapid.SampledFrom(slices.Sorted(maps.Keys(m.accounts))).Draw(r, "jid")
		return jid, jid
	}
	name, domain := modelNames.Draw(r, "name"), modelDomains.Draw(r, "domain")
	return name + "@" + domain, strings.NewReplacer("B", "b", "ｂ", "b", "ß", "ss").Replace(name) + "@" + domain
}

func preparedPassword(password string) string {
	return strings.NewReplacer("ｃｏｒｒｅｃｔ", "correct").Replace(password)
}

// Random operations, with the service stopped and started in between, answer
// what the oracle says.
func TestModel(t *testing.T) {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", modelChecks); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		defer w.remove()
		m := &model{w: w, accounts: map[string]*account{}}
		r.Repeat(map[string]func(*rapid.T){
			"":         m.compare,
			"post":     m.post,
			"put":      m.put,
			"patch":    m.patch,
			"password": m.setPassword,
			"delete":   m.remove,
			"verify":   m.verify,
			"verify2":  m.verify, // it is what happens most
			"patch2":   m.patch,
			"find":     m.find,
			"list":     m.list,
			"time":     func(r *rapid.T) { w.wind(time.Duration(rapid.IntRange(1, 90).Draw(r, "minutes")) * time.Minute) },
			"restart":  func(*rapid.T) { w.stop(); w.start() },
		})
	})
}

func (m *model) want(r *rapid.T, what string, got, want error) {
	if !errors.Is(got, want) || want == nil && got != nil {
		r.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func (m *model) post(r *rapid.T) {
	typed, kept := m.drawJID(r)
	wanted := account{
		jid: kept, password: modelPasswords.Draw(r, "password"), note: modelNotes.Draw(r, "note"), disabled: rapid.Bool().Draw(r, "disabled"),
		role: "user", revision: 1, credentialRevision: 1,
	}
	body := api.NewUser{JID: typed, Password: wanted.password, Note: wanted.note, Disabled: wanted.disabled}
	if rapid.Bool().Draw(r, "ends") {
		wanted.validUntil = m.w.Now().Add(time.Hour)
		body.ValidUntil = wanted.validUntil.Format(time.RFC3339)
	}
	made, err := m.w.admin.CreateUser(m.w.t.Context(), body)
	m.made(r, wanted, made, err)
}

func (m *model) put(r *rapid.T) {
	typed, kept := m.drawJID(r)
	wanted := account{jid: kept, role: "manager", note: modelNotes.Draw(r, "note"), revision: 1, credentialRevision: 1}
	made, err := m.w.admin.PutUser(m.w.t.Context(), typed, api.PutUser{Generate: true, Note: wanted.note, Role: wanted.role})
	wanted.password = made.GeneratedPassword
	m.made(r, wanted, made, err)
}

func (m *model) made(r *rapid.T, wanted account, made api.UserAndPassword, err error) {
	if m.accounts[wanted.jid] != nil {
		m.want(r, "create", err, jitsiauth.ErrExists)
		return
	}
	m.want(r, "create", err, nil)
	wanted.id = made.ID
	for _, other := range m.accounts {
		if other.id == made.ID || slices.Contains(m.gone, made.ID) {
			r.Fatalf("the ID %s is given out again", made.ID)
		}
	}
	m.accounts[wanted.jid] = &wanted
}

// drawCondition returns a condition that holds for the account, or one that
// doesn't, or none.
func drawCondition(r *rapid.T, a *account) (conditions []client.Condition, holds bool) {
	switch rapid.IntRange(0, 3).Draw(r, "condition") {
	case 0:
		return nil, true
	case 1:
		return []client.Condition{client.IfRevision(7777)}, false
	}
	if a == nil {
		return []client.Condition{client.IfRevision(1)}, true
	}
	return []client.Condition{client.IfRevision(a.revision)}, true
}

// expected is the error of a change.
func expected(a *account, holds bool) error {
	switch {
	case a == nil:
		return jitsiauth.ErrNotFound
	case !holds:
		return jitsiauth.ErrRevision
	}
	return nil
}

func (m *model) patch(r *rapid.T) {
	typed, kept := m.drawJID(r)
	a := m.accounts[kept]
	conditions, holds := drawCondition(r, a)
	var changed account
	if a != nil {
		changed = *a
	}
	var patch api.UserPatch
	switch rapid.IntRange(0, 4).Draw(r, "field") {
	case 0:
		changed.note = modelNotes.Draw(r, "note")
		patch.Note = api.Some(changed.note)
	case 1:
		changed.disabled = rapid.Bool().Draw(r, "disabled")
		patch.Disabled = api.Some(changed.disabled)
	case 2:
		changed.validFrom, changed.validUntil = time.Time{}, time.Time{}
		patch.ValidFrom, patch.ValidUntil = api.Null[string](), api.Null[string]()
	case 3:
		changed.validFrom = m.w.Now().Add(-time.Hour)
		changed.validUntil = m.w.Now().Add(time.Hour)
		patch.ValidFrom, patch.ValidUntil = api.Some(changed.validFrom.Format(time.RFC3339)), api.Some(changed.validUntil.Format(time.RFC3339))
	case 4:
		changed.validFrom, changed.validUntil = m.w.Now().Add(30*time.Minute), time.Time{}
		patch.ValidFrom, patch.ValidUntil = api.Some(changed.validFrom.Format(time.RFC3339)), api.Null[string]()
	}
	_, err := m.w.admin.UpdateUser(m.w.t.Context(), typed, patch, conditions...)
	m.want(r, "patch", err, expected(a, holds))
	if err == nil {
		if changed != *a {
			changed.revision++
		}
		*a = changed
	}
}

func (m *model) setPassword(r *rapid.T) {
	typed, kept := m.drawJID(r)
	a := m.accounts[kept]
	conditions, holds := drawCondition(r, a)
	password := modelPasswords.Draw(r, "password")
	_, err := m.w.admin.SetPassword(m.w.t.Context(), typed, api.NewPassword{Password: password}, conditions...)
	m.want(r, "password", err, expected(a, holds))
	if err == nil {
		a.password = password
		a.credentialRevision++
	}
}

func (m *model) remove(r *rapid.T) {
	typed, kept := m.drawJID(r)
	a := m.accounts[kept]
	conditions, holds := drawCondition(r, a)
	err := m.w.admin.DeleteUser(m.w.t.Context(), typed, conditions...)
	m.want(r, "delete", err, expected(a, holds))
	if err == nil {
		m.gone = append(m.gone, a.id)
		delete(m.accounts, kept)
	}
}

func (m *model) verify(r *rapid.T) {
	typed, kept := m.drawJID(r)
	a := m.accounts[kept]
	password := modelPasswords.Draw(r, "password")
	if a != nil && rapid.Bool().Draw(r, "right") {
		password = a.password
	}
	var want error
	switch {
	case a == nil || preparedPassword(password) != preparedPassword(a.password):
		want = jitsiauth.ErrBadCredentials
	default:
		want = map[string]error{
			"disabled": jitsiauth.ErrDisabled, "expired": jitsiauth.ErrExpired, "not_yet_valid": jitsiauth.ErrNotYetValid,
		}[a.state(m.w.Now())]
	}
	name, domain, _ := strings.Cut(typed, "@")
	user, err := m.w.auth.Verify(m.w.t.Context(), api.VerifyRequest{Username: name, Domain: domain, Password: password})
	m.want(r, "verify", err, want)
	if err == nil && user.ID != a.id {
		r.Fatalf("%s logged in as %+v", typed, user)
	}
}

// find looks at one account by each of its names, and at one that is gone.
func (m *model) find(r *rapid.T) {
	typed, kept := m.drawJID(r)
	got, err := m.w.admin.User(m.w.t.Context(), typed)
	if a := m.accounts[kept]; a == nil {
		m.want(r, "find", err, jitsiauth.ErrNotFound)
	} else {
		m.same(r, a, got)
		byID, err := m.w.admin.User(m.w.t.Context(), a.id)
		m.want(r, "find", err, nil)
		m.same(r, a, byID)
	}
	if len(m.gone) > 0 {
		_, err := m.w.admin.User(m.w.t.Context(), rapid.SampledFrom(m.gone).Draw(r, "gone"))
		m.want(r, "find one that is gone", err, jitsiauth.ErrNotFound)
	}
}

// list asks for a part of the accounts.
func (m *model) list(r *rapid.T) {
	query := api.UserQuery{
		Limit: rapid.IntRange(1, 5).Draw(r, "limit"),
		State: rapid.SampledFrom([]string{"", "active", "disabled", "expired", "not_yet_valid"}).Draw(r, "state"),
		Text:  rapid.SampledFrom([]string{"", "one", "B", "nothing"}).Draw(r, "q"),
	}
	if rapid.Bool().Draw(r, "one domain") {
		query.Domain = modelDomains.Draw(r, "domain")
	}
	m.listed(r, query)
}

func (m *model) compare(r *rapid.T) { m.listed(r, api.UserQuery{}) }

func (m *model) listed(r *rapid.T, query api.UserQuery) {
	var want []*account
	for _, a := range m.accounts {
		name, domain, _ := strings.Cut(a.jid, "@")
		text := strings.ToLower(query.Text)
		if (query.State == "" || query.State == a.state(m.w.Now())) && (query.Domain == "" || query.Domain == domain) &&
			(strings.Contains(name, text) || strings.Contains(a.note, text)) {
			want = append(want, a)
		}
	}
	slices.SortFunc(want, func(a, b *account) int {
		aName, aDomain, _ := strings.Cut(a.jid, "@")
		bName, bDomain, _ := strings.Cut(b.jid, "@")
		return cmp.Or(cmp.Compare(aDomain, bDomain), cmp.Compare(aName, bName))
	})
	var got []api.User
	for user, err := range m.w.admin.Users(m.w.t.Context(), query) {
		m.want(r, "list", err, nil)
		got = append(got, user)
	}
	if len(got) != len(want) {
		r.Fatalf("%d accounts listed for %+v, want %d", len(got), query, len(want))
	}
	for i, a := range want {
		m.same(r, a, got[i])
	}
}

func (m *model) same(r *rapid.T, a *account, got api.User) {
	kept := fmt.Sprint(got.ID, got.JID, got.Note, got.Role, got.Disabled, got.State, got.ValidFrom.Unix(), got.ValidUntil.Unix(), got.Revision, got.CredentialRevision)
	want := fmt.Sprint(a.id, a.jid, a.note, a.role, a.disabled, a.state(m.w.Now()), a.validFrom.Unix(), a.validUntil.Unix(), a.revision, a.credentialRevision)
	if kept != want {
		r.Fatalf("kept\n%s, want\n%s", kept, want)
	}
}
