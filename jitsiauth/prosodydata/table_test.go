package prosodydata

import (
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
)

// file is what datamanager.lua writes around a table.
func file(table string) string { return "return " + table + ";\n" }

// list is a table whose items have the keys 1, 2, …
func list(vals ...value) *table {
	t := new(table)
	for i, v := range vals {
		t.items = append(t.items, item{key: int64(i + 1), val: v})
	}
	return t
}

// field is a table of one entry.
func field(key, val value) *table { return &table{items: []item{{key: key, val: val}}} }

// bare takes the places out, which the text decides, not the data.
func bare(v value) value {
	t, ok := v.(*table)
	if !ok {
		return v
	}
	c := new(table)
	for _, it := range t.items {
		c.items = append(c.items, item{key: bare(it.key), val: bare(it.val)})
	}
	return c
}

func TestParse(t *testing.T) {
	for text, want := range map[string]*table{
		`{}`:                       {},
		`{ }`:                      {}, // preset "oneline"
		"{\n\t[\"a\"] = \"b\";\n}": field("a", "b"),
		`{ ["a"] = "b" }`:          field("a", "b"),
		`{a="b"}`:                  field("a", "b"), // preset "compact"
		`{_a1="b"}`:                field("_a1", "b"),
		`{trueish=true}`:           field("trueish", true),
		`{["end"]=false}`:          field("end", false),
		`{[1]=2}`:                  field(int64(1), int64(2)),
		`{[1.0]=2}`:                field(int64(1), int64(2)),
		`{[1.5]=2}`:                field(1.5, int64(2)),
		`{[true]=2}`:               field(true, int64(2)),
		`{[(1/0)]=2}`:              field(math.Inf(1), int64(2)),
		`{[{1}]={}}`:               field(list(int64(1)), &table{}),
		`{["a"]=nil}`:              field("a", nil),
		`{"a","b";"c";}`:           list("a", "b", "c"),
		`{true,false,nil,{}}`:      list(true, false, nil, &table{}),
		`{-1,0,10000,9223372036854775807,-9223372036854775808}`: list(int64(-1), int64(0), int64(10000), int64(math.MaxInt64), int64(math.MinInt64)),
		`{9223372036854775808}`:                                 list(float64(1 << 63)),
		`{10000.0,1e+04,1e4,-0.5}`:                              list(10000.0, 10000.0, 10000.0, -0.5),
		`{0.100000000000000006,1e-07}`:                          list(0.1, 1e-7),
		`{(1/0),(-1/0)}`:                                        list(math.Inf(1), math.Inf(-1)),
		`{"\a\b\f\n\r\t\v\\\"\'"}`:                              list("\a\b\f\n\r\t\v\\\"'"),
		`{"\000\255\0651\9x\10\0012"}`:                          list("\x00\xffA1\tx\n\x012"),
		"{\"a\\\nb\"}":                                          list("a\nb"), // Lua's %q
		`{"山'"}`:                                                list("山'"),   // Prosody before 0.10
		"{\"\xff\"}":                                            list("\xff"), // judged where it is used
		`{"` + strings.Repeat("a", 9999) + `"}`:                 list(strings.Repeat("a", 9999)),
	} {
		got, err := parse([]byte(file(text)))
		if err != nil {
			t.Errorf("%.60q: %v", text, err)
		} else if !reflect.DeepEqual(bare(got), bare(want)) {
			t.Errorf("%.60q is %v, want %v", text, got, want)
		}
	}
	got, err := parse([]byte(file(`{(0/0)}`)))
	if err != nil || !math.IsNaN(got.items[0].val.(float64)) {
		t.Errorf("(0/0) is %v, %v; want NaN", got, err)
	}
}

func TestParseRefuses(t *testing.T) {
	nested := func(depth int) string { return strings.Repeat("{", depth) + strings.Repeat("}", depth) }
	if _, err := parse([]byte(file(nested(maxDepth)))); err != nil {
		t.Errorf("depth %d: %v", maxDepth, err)
	}
	for _, c := range []struct {
		text  string
		place string
		want  error
	}{
		{"", "1:1", errReturn},
		{"\xef\xbb\xbfreturn {};\n", "1:1", errReturn},
		{" return {};\n", "1:1", errReturn},
		{"return nil;\n", "1:8", errReturn},
		{"return os.exit();\n", "1:8", errReturn},
		{"returned {};\n", "1:7", errReturn},
		{"return --[[x]] {};\n", "1:8", errReturn},
		{"return {}", "1:10", errEnd},
		{"return {};", "1:11", errEnd},
		{"return {}\n", "2:1", errEnd},
		{"return {};\nx", "2:1", errTrailing},
		{"return {};;\n", "1:11", errTrailing},
		{"return {}, {};\n", "1:10", errTrailing},
		{"return {} -- x\n", "1:11", errTrailing},
		{"return {}[1];\n", "1:10", errTrailing},
		{"return {", "1:9", errCut},
		{"return {\n\t[\"a\"", "2:6", errCut},
		{"return {\n\t[\"a\"] = 1;\n\t[\"b\"] = x;\n};\n", "3:10", errValue},
		{file(nested(maxDepth + 1)), "1:135", errDepth},
		{"return " + strings.Repeat("{", 1<<19), "1:135", errDepth},
		{"return " + strings.Repeat("{[", 1<<19), "1:262", errDepth},
		{file("{" + strings.Repeat("1;", maxItems) + "1}"), "1:8201", errItems},
		{file("{" + strings.Repeat("{},", maxItems) + "1}"), "1:12297", errItems},
		{file(`{["a"]=1;["a"]=1}`), "1:17", errDuplicate},
		{file(`{["a"]=1;a=1}`), "1:17", errDuplicate},
		{file(`{"x";[1]="y"}`), "1:13", errDuplicate},
		{file(`{[1]="y";"x"}`), "1:17", errDuplicate},
		{file(`{[2]=1,[2.0]=1}`), "1:15", errDuplicate},
		{file(`{[nil]=1}`), "1:10", errKey},
		{file(`{[(0/0)]=1}`), "1:10", errKey},
		{file(`{["a" = 1}`), "1:14", errBracket},
		{file(`{["a"] 1}`), "1:15", errEquals},
		{file(`{["a"] == 1}`), "1:16", errValue},
		{file(`{a}`), "1:10", errEquals},
		{file(`{set{"a"}}`), "1:12", errEquals},
		{file(`{f()}`), "1:10", errEquals},
		{file(`{end=1}`), "1:9", errValue},
		{file(`{true=1}`), "1:13", errSeparator},
		{file(`{["a"]=function() end}`), "1:15", errValue},
		{file(`{1 2}`), "1:11", errSeparator},
		{file(`{;}`), "1:9", errValue},
		{file(`{1;;}`), "1:11", errValue},
		{file(`{"a".."b"}`), "1:12", errSeparator},
		{file(`{1+1}`), "1:10", errSeparator},
		{file(`{-(1)}`), "1:9", errNumber},
		{file(`{- 1}`), "1:9", errNumber},
		{file(`{--1
}`), "1:9", errNumber},
		{file(`{(1)}`), "1:9", errNumber},
		{file(`{(2/0)}`), "1:9", errNumber},
		{file(`{0x10}`), "1:9", errNumber},
		{file(`{010}`), "1:9", errNumber},
		{file(`{1.}`), "1:9", errNumber},
		{file(`{.5}`), "1:9", errValue},
		{file(`{1e}`), "1:9", errNumber},
		{file(`{1E5}`), "1:9", errNumber},
		{file(`{1e999}`), "1:9", errNumber},
		{file(`{nan}`), "1:12", errEquals},
		{file(`{` + strings.Repeat("1", 41) + `}`), "1:9", errNumber},
		{file(`{[[x]]}`), "1:10", errValue},
		{file(`{[=[x]=]}`), "1:10", errValue},
		{file(`{'a'}`), "1:9", errValue},
		{file(`{"a`), "1:12", errControl},
		{`return {"a`, "1:11", errString},
		{`return {"\`, "1:10", errString},
		{`return {"\1`, "1:12", errString},
		{file("{\"a\tb\"}"), "1:11", errControl},
		{file("{\"a\x00b\"}"), "1:11", errControl},
		{file("{\"a\x7fb\"}"), "1:11", errControl},
		{file(`{"\x41"}`), "1:10", errEscape},
		{file(`{"\u{41}"}`), "1:10", errEscape},
		{file(`{"\z a"}`), "1:10", errEscape},
		{file(`{"\256"}`), "1:10", errEscape},
		{file("{\"\\\r\n\"}"), "1:10", errEscape},
		{"return \x00{};\n", "1:8", errReturn},
		{"return {\x00};\n", "1:9", errValue},
	} {
		_, err := parse([]byte(c.text))
		var place *placeError
		if !errors.As(err, &place) || !errors.Is(place.err, c.want) {
			t.Errorf("%.60q: %v, want %v", c.text, err, c.want)
			continue
		}
		line, column := placeOf([]byte(c.text), place.pos)
		if got := fmt.Sprintf("%d:%d", line, column); got != c.place {
			t.Errorf("%.60q: %q at %s, want it at %s", c.text, place.err, got, c.place)
		}
	}
}

// write is Prosody's serialiser in its default preset.
func write(b *strings.Builder, v value) {
	switch v := v.(type) {
	case *table:
		b.WriteString("{\n")
		for _, it := range v.items {
			b.WriteString("[")
			write(b, it.key)
			b.WriteString("] = ")
			write(b, it.val)
			b.WriteString(";\n")
		}
		b.WriteString("}")
	case string:
		b.WriteByte('"')
		for i := range len(v) {
			fmt.Fprintf(b, `\%03d`, v[i])
		}
		b.WriteByte('"')
	case float64:
		switch {
		case math.IsInf(v, 1):
			b.WriteString("(1/0)")
		case math.IsInf(v, -1):
			b.WriteString("(-1/0)")
		case math.IsNaN(v):
			b.WriteString("(0/0)")
		default:
			fmt.Fprintf(b, "%.17e", v)
		}
	case nil:
		b.WriteString("nil")
	default:
		fmt.Fprint(b, v)
	}
}

func written(t *table) string {
	var b strings.Builder
	write(&b, t)
	return file(b.String())
}

// FuzzTable: nothing makes the parser panic, what it takes comes back the same
// when it is written and read again, what is not a whole account is none, and
// a file without its end is refused.
func FuzzTable(f *testing.F) {
	for _, text := range []string{
		"", "{}", "{\n\t[\"stored_key\"] = \"00ff\";\n\t[\"iteration_count\"] = 10000;\n}",
		`{a="\a\255é";1,2.5e-07,{[true]={nil}};[(1/0)]=(0/0)}`, `{[{}]={},[{}]={}}`, `{"x";[1]="y"}`,
		`{-9223372036854775808,9223372036854775808,-0}`,
	} {
		f.Add([]byte(file(text)))
	}
	for _, name := range fixtures(f) {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		first, err := parse(src)
		if err != nil {
			var place *placeError
			if !errors.As(err, &place) || place.pos < 0 || place.pos > len(src) {
				t.Fatalf("%v is no place in %d bytes", err, len(src))
			}
			return
		}
		var a Account
		if err := (record{first}).fill(&a); err != nil && a != (Account{}) || a.Password != "" && a.PasswordHash != "" {
			t.Errorf("%q is the account %+v, %v", src, a, err)
		}
		second, err := parse([]byte(written(first)))
		if err != nil {
			t.Fatalf("%q, written as %q: %v", src, written(first), err)
		}
		if written(first) != written(second) {
			t.Errorf("%q is written as %q, and that as %q", src, written(first), written(second))
		}
		whole := strings.TrimRight(string(src), " \t\r\n")
		if _, err := parse([]byte(whole)); err == nil {
			t.Errorf("%q is taken although its end was cut off", whole)
		}
	})
}
