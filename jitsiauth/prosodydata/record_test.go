package prosodydata

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

var (
	key20 = strings.Repeat("0a", 20)
	key32 = strings.Repeat("0b", 32)
)

// scram is a record with the fields that internal_hashed of 0.12 writes.
func scram(stored, server, salt, iterations string) string {
	return fmt.Sprintf("{\n\t[\"stored_key\"] = %s;\n\t[\"server_key\"] = %s;\n\t[\"salt\"] = %s;\n\t[\"iteration_count\"] = %s;\n}", stored, server, salt, iterations)
}

func quoted(s string) string { return `"` + s + `"` }

func fill(t *testing.T, text string) (Account, error) {
	t.Helper()
	parsed, err := parse([]byte(file(text)))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var a Account
	err = record{parsed}.fill(&a)
	return a, err
}

func TestRecord(t *testing.T) {
	code := base64.StdEncoding.EncodeToString
	form := func(scheme, iterations, salt string, size int, digit byte) string {
		key := code([]byte(strings.Repeat(string(digit), size)))
		return scheme + "$" + iterations + ":" + code([]byte(salt)) + "$" + key + ":" + key
	}
	sha1 := form("SCRAM-SHA-1", "10000", "salt", 20, 0x0a)
	for text, want := range map[string]Account{
		scram(quoted(key20), quoted(key20), `"salt"`, "10000"):                                    {PasswordHash: sha1},
		scram(quoted(strings.ToUpper(key20)), quoted(key20), `"salt"`, "10000"):                   {PasswordHash: sha1},
		scram(quoted(key20), quoted(key20), `"salt"`, "10000.0"):                                  {PasswordHash: sha1},
		scram(quoted(key20), quoted(key20), `"salt"`, "1e+04"):                                    {PasswordHash: sha1},
		scram(quoted(key20), quoted(key20), `"\000\255"`, "1"):                                    {PasswordHash: form("SCRAM-SHA-1", "1", "\x00\xff", 20, 0x0a)},
		scram(quoted(key32), quoted(key32), `"salt"`, "9999999999"):                               {PasswordHash: form("SCRAM-SHA-256", "9999999999", "salt", 32, 0x0b)},
		`{["password"]="geheim"}`:                                                                 {Password: "geheim"},
		`{password="正しい馬"}`:                                                                       {Password: "正しい馬"},
		`{password="\230\173\163"}`:                                                               {Password: "正"},
		`{password="p",stored_key="` + key20 + `"}`:                                               {Password: "p"}, // as in Prosody, which makes it anew
		`{password="",created=5}`:                                                                 {Created: time.Unix(5, 0).UTC()},
		`{disabled=true,created=1700000000,updated=1700000001.9}`:                                 {Disabled: true, Created: time.Unix(1_700_000_000, 0).UTC(), Updated: time.Unix(1_700_000_001, 0).UTC()},
		`{disabled=false,password="p"}`:                                                           {Password: "p"},
		`{disabled=nil,password="p"}`:                                                             {Password: "p"},
		`{disabled=0,password="p"}`:                                                               {Password: "p", Disabled: true}, // true in Lua
		`{disabled="",password="p"}`:                                                              {Password: "p", Disabled: true},
		`{disabled={},password="p"}`:                                                              {Password: "p", Disabled: true},
		`{disabled=true,disabled_meta={reason="x",when=5},password="p"}`:                          {Password: "p", Disabled: true},
		`{password=nil,stored_key=nil,created=0}`:                                                 {Created: time.Unix(0, 0).UTC()},
		`{password="p",Password="q",[1]="r"}`:                                                     {Password: "p"},
		`{"x",password="p";created=253402300799}`:                                                 {Password: "p", Created: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
		`{stored_key="",server_key="",salt="",password="p"}`:                                      {Password: "p"},
		`{["stored_key"]="";["server_key"]="";["salt"]="";["updated"]=1}`:                         {Updated: time.Unix(1, 0).UTC()},
		scram(quoted(key20), quoted(key20), `"salt"`, "10000;\n\t[\"password\"] = \"geheim\""):    {Password: "geheim"},
		scram(quoted(key20), quoted(key20), `"salt"`, "10000;\n\t[\"password\"] = \"\""):          {PasswordHash: sha1},
		scram(quoted(key20), quoted(key20), `"salt"`, "10000;\n\t[\"disabled\"] = true"):          {PasswordHash: sha1, Disabled: true},
		scram(quoted(key20), quoted(key20), `"salt"`, "10000;\n\t[\"unknown\"] = {{},{1,\"x\"}}"): {PasswordHash: sha1},
	} {
		if got, err := fill(t, text); err != nil || got != want {
			t.Errorf("%s is\n%+v, %v, want\n%+v", text, got, err, want)
		}
	}
}

func TestRecordRefuses(t *testing.T) {
	const secret = "geheimnis"
	good := quoted(key20)
	for text, want := range map[string]error{
		`{}`:                                                    errRemoved,
		scram("nil", good, `"salt"`, "1"):                       errMissing,
		scram(good, "nil", `"salt"`, "1"):                       errMissing,
		scram(good, good, "nil", "1"):                           errMissing,
		scram(good, good, `""`, "1"):                            errMissing,
		scram(good, good, `"salt"`, "nil"):                      errMissing,
		`{salt="` + secret + `"}`:                               errMissing,
		scram("1", good, `"salt"`, "1"):                         errText,
		scram(good, "true", `"salt"`, "1"):                      errText,
		scram(good, good, "{}", "1"):                            errText,
		scram(quoted(secret), good, `"salt"`, "1"):              errHex,
		scram(quoted(key20+"0"), good, `"salt"`, "1"):           errHex,
		scram(quoted(key20+"00"), good, `"salt"`, "1"):          errKeyLength,
		scram(quoted(key32+key32), good, `"salt"`, "1"):         errKeyLength,
		scram(good, quoted(key32), `"salt"`, "1"):               errKeysDiffer,
		scram(good, good, `"`+secret+`"`, "0"):                  errIterations,
		scram(good, good, `"salt"`, "-1"):                       errIterations,
		scram(good, good, `"salt"`, "0.5"):                      errIterations,
		scram(good, good, `"salt"`, "10000.5"):                  errIterations,
		scram(good, good, `"salt"`, "1e+300"):                   errIterations,
		scram(good, good, `"salt"`, "(1/0)"):                    errIterations,
		scram(good, good, `"salt"`, "(0/0)"):                    errIterations,
		scram(good, good, `"salt"`, `"10000"`):                  errIterations,
		scram(good, good, `"salt"`, "true"):                     errIterations,
		`{password=1}`:                                          errText,
		`{password={}}`:                                         errText,
		`{password="` + secret + `\255"}`:                       errUTF8,
		`{password="p",created="` + secret + `"}`:               errTime,
		`{password="p",created=-1}`:                             errTime,
		`{password="p",updated=(0/0)}`:                          errTime,
		`{password="p",updated=(1/0)}`:                          errTime,
		`{password="p",updated=253402300800}`:                   errTime,
		scram(good, good, `"salt"`, "1;\n\t[\"password\"]=5"):   errText,
		scram(good, good, `"salt"`, "1;\n\t[\"created\"]=true"): errTime,
	} {
		got, err := fill(t, text)
		if !errors.Is(placed(err), want) {
			t.Errorf("%s: %v, want %v", text, err, want)
			continue
		}
		if got != (Account{}) {
			t.Errorf("%s: half an account: %+v", text, got)
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), key20) {
			t.Errorf("%s: the error tells the secret: %v", text, err)
		}
	}
}

func placed(err error) error {
	var place *placeError
	if !errors.As(err, &place) {
		return nil
	}
	return place.err
}
