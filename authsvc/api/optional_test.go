package api_test

import (
	"encoding/json"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
)

func TestOptional(t *testing.T) {
	for want, patch := range map[string]api.UserPatch{
		`{}`:                 {},
		`{"note":null}`:      {Note: api.Null[string]()},
		`{"note":""}`:        {Note: api.Some("")},
		`{"disabled":false}`: {Disabled: api.Some(false)},
	} {
		got, err := json.Marshal(patch)
		if err != nil || string(got) != want {
			t.Errorf("%+v: %s %v", patch, got, err)
		}
		var back api.UserPatch
		if err := json.Unmarshal(got, &back); err != nil || back != patch {
			t.Errorf("%s: %+v %v", got, back, err)
		}
	}
	kept := api.Some("x")
	if err := json.Unmarshal([]byte("7"), &kept); err == nil || kept != api.Some("x") {
		t.Errorf("%+v %v", kept, err)
	}
}
