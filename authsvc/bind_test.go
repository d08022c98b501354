package authsvc

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
	"github.com/jitsiauth/server/jitsiauth"
)

type sample struct {
	Name  string               `json:"name"`
	On    bool                 `json:"on,omitzero"`
	List  []string             `json:"list,omitzero"`
	Maybe api.Optional[string] `json:"maybe,omitzero"`
	Flag  api.Optional[bool]   `json:"flag,omitzero"`
}

func TestDecode(t *testing.T) {
	for _, test := range []struct {
		body  string
		field string // of an InvalidError; "-": the body is malformed; "": good
		rule  string
	}{
		{`{"name":"a"}`, "", ""},
		{" \n{\"name\":\"a\"}\n ", "", ""},
		{`{"name":"","on":null,"list":null,"maybe":null}`, "", ""},
		{`{"name":"a","on":true,"list":["x"],"maybe":"y","flag":false}`, "", ""},
		{``, "-", ""},
		{`null`, "-", ""},
		{`[]`, "-", ""},
		{`"a"`, "-", ""},
		{`7`, "-", ""},
		{`{`, "-", ""},
		{`{"name":"a"`, "-", ""},
		{`{"name":"a",}`, "-", ""},
		{`{"name":"a"]`, "-", ""},
		{`{"name" "a"}`, "-", ""},
		{`{"name":"a" "on":true}`, "-", ""},
		{`{name:"a"}`, "-", ""},
		{`{"name":'a'}`, "-", ""},
		{`{"name":"a"} {}`, "-", ""},
		{`{"name":"a"}x`, "-", ""},
		{`{"name":"a"}` + "\x00", "-", ""},
		{"\ufeff" + `{"name":"a"}`, "-", ""},
		{"{\"name\":\"a\xff\"}", "-", ""},
		{`{"name":"a","name":"b"}`, "-", ""},
		{`{"name":"a","\u006eame":"b"}`, "-", ""},
		{`{"name":"a","on":` + strings.Repeat("[", 20000), "-", ""},
		{`{}`, "name", "must be given"},
		{`{"on":true}`, "name", "must be given"},
		{`{"name":null}`, "name", "must be a string"},
		{`{"name":7}`, "name", "must be a string"},
		{`{"name":["a"]}`, "name", "must be a string"},
		{`{"name":{"a":1}}`, "name", "must be a string"},
		{`{"name":"a","on":"true"}`, "on", "must be true or false"},
		{`{"name":"a","on":1}`, "on", "must be true or false"},
		{`{"name":"a","list":"x"}`, "list", "must be a list of strings"},
		{`{"name":"a","list":[1]}`, "list", "must be a list of strings"},
		{`{"name":"a","list":{}}`, "list", "must be a list of strings"},
		{`{"name":"a","maybe":1}`, "maybe", "must be a string"},
		{`{"name":"a","flag":"x"}`, "flag", "must be true or false"},
		{`{"Name":"a"}`, "Name", "is not a field"},
		{`{"name":"a","extra":1}`, "extra", "is not a field"},
		{`{"name":"a","":1}`, "", "is not a field"},
		{`{"name":"a","e\u0000\u202ex` + strings.Repeat("y", 100) + `":1}`, "e??x" + strings.Repeat("y", 60) + "…", "is not a field"},
	} {
		var got sample
		err := decode([]byte(test.body), &got)
		shown := test.body[:min(60, len(test.body))]
		var broken *httpError
		var invalid *jitsiauth.InvalidError
		switch {
		case test.field == "-":
			if !errors.As(err, &broken) || broken.code != api.CodeMalformed {
				t.Errorf("%s: %v", shown, err)
			}
		case test.rule != "":
			if !errors.As(err, &invalid) || invalid.Field != test.field || !strings.HasPrefix(invalid.Rule, test.rule) {
				t.Errorf("%s: %v", shown, err)
			}
		case err != nil:
			t.Errorf("%s: %v", shown, err)
		}
	}
}

func TestOptionalFields(t *testing.T) {
	var got sample
	if err := decode([]byte(`{"name":"a","maybe":null,"flag":true}`), &got); err != nil {
		t.Fatal(err)
	}
	want := sample{Name: "a", Maybe: api.Null[string](), Flag: api.Some(true)}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

// The binder knows only flat structs whose tags it can read.
func TestRequestTypesSuitTheBinder(t *testing.T) {
	for _, request := range []any{api.VerifyRequest{}, api.NewUser{}, api.UserPatch{}, api.NewPassword{}, api.NewToken{}, reportBody{}, api.ReportedSession{}} {
		kind := reflect.TypeOf(request)
		for i := range kind.NumField() {
			field := kind.Field(i)
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			own := reflect.PointerTo(field.Type).Implements(reflect.TypeFor[json.Unmarshaler]())
			if field.Anonymous || name == "" || name == "-" || options != "" && options != "omitzero" || !own && mustBe(field.Type) == "has the wrong type" {
				t.Errorf("%s.%s %q", kind, field.Name, field.Tag)
			}
		}
	}
}

// FuzzBind: what decode takes, encoding/json takes too and reads alike, and
// what was read can be written and read again; nothing panics.
func FuzzBind(f *testing.F) {
	for _, seed := range []string{
		`{"name":"a","on":true,"list":["x","y"],"maybe":null,"flag":false}`,
		`{"name":"a","name":"b"}`, `{"name":1}`, `{"name":"a"}{}`, `{"NAME":"a"}`, `{"name":"\ud800"}`, "{\"name\":\"\xff\"}", `[{`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var got sample
		if err := decode(body, &got); err != nil {
			var broken *httpError
			var invalid *jitsiauth.InvalidError
			if !errors.As(err, &broken) && !errors.As(err, &invalid) {
				t.Fatalf("another error: %v", err)
			}
			return
		}
		var want sample
		strict := json.NewDecoder(strings.NewReader(string(body)))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&want); err != nil || !json.Valid(body) {
			t.Fatalf("encoding/json refuses it: %v", err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v, encoding/json reads %+v", got, want)
		}
		again, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var second sample
		if err := decode(again, &second); err != nil {
			t.Fatalf("%s: %v", again, err)
		}
	})
}
