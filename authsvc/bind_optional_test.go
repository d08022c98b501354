package authsvc

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/jitsiauth/server/authsvc/api"
)

// TestSetOptional: what setOptional takes on itself ends as json.Unmarshal has it, and
// what it doesn't take it leaves alone.
func TestSetOptional(t *testing.T) {
	values := rapid.OneOf(
		rapid.SampledFrom([]string{`null`, `true`, `false`, `""`, `"null"`, `"true"`, `0`, `-1.5e3`, `[]`, `{}`, `["a"]`, `{"a":null}`, `"\u0041"`, `"\""`, `"\\"`}),
		rapid.Map(rapid.String(), func(s string) string { text, _ := json.Marshal(s); return string(text) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		value := values.Draw(t, "value")
		alike(t, value, api.Optional[string]{Value: "before"})
		alike(t, value, api.Optional[bool]{Value: true})
	})
}

func alike[T comparable](t *rapid.T, value string, before api.Optional[T]) {
	got, want := before, before
	took := setOptional(&got, json.RawMessage(value))
	err := json.Unmarshal([]byte(value), &want)
	if took && err != nil || took && got != want || !took && got != before {
		t.Fatalf("%s: took %v: %+v, json.Unmarshal: %+v, %v", value, took, got, want, err)
	}
}

// TestSetOptionalTakes: the values that exports have are taken.
func TestSetOptionalTakes(t *testing.T) {
	for value, want := range map[string][2]bool{`null`: {true, true}, `"山田"`: {true, false}, `true`: {false, true}, `false`: {false, true}, `"\n"`: {false, false}, `1`: {false, false}} {
		got := [2]bool{setOptional(new(api.Optional[string]), json.RawMessage(value)), setOptional(new(api.Optional[bool]), json.RawMessage(value))}
		if got != want {
			t.Errorf("%s: %v, want %v", value, got, want)
		}
	}
	if setOptional(new(string), json.RawMessage(`"a"`)) {
		t.Error("took a string for an optional one")
	}
}
