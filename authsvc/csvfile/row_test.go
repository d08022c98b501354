package csvfile

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/jitsiauth/server/authsvc/api"
)

type csvRow struct {
	cells []string
	line  int
	wrong string
}

func readRows(t *testing.T, text string) (rows []csvRow) {
	t.Helper()
	r := &rowReader{in: bufio.NewReader(strings.NewReader(text)), line: 1}
	for {
		cells, line, wrong, err := r.next()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, csvRow{cells, line, wrong})
	}
}

func TestRows(t *testing.T) {
	long := strings.Repeat("x", api.MaxImportLine)
	for _, test := range []struct {
		text string
		want string // cells in |, rows in /, ! for a wrong one, with its line
	}{
		{"", ""},
		{"\n\r\n\n", ""},
		{"a,b\r\nc,d\r\n", "1|a|b/2|c|d"},
		{"a,b\nc,d", "1|a|b/2|c|d"},
		{"\n\na,b\n\nc,d", "3|a|b/5|c|d"},
		{`"a","b,c","d""e"` + "\n" + `"",`, `1|a|b,c|d"e/2||`},
		{"\"a\r\nb\",c\nd,e", "1|a\nb|c/3|d|e"},
		{"a,5\" screen\nb,c", "1!/2|b|c"},
		{"\"a\"b,c\nd,e", "1!/2|d|e"},
		{"a,\"open\nb,c\nd,\"e\"\nf,g", "1!/4|f|g"}, // the quote closes before e
		{"a,\"open\nb,c\n", "1!"},
		{"a," + long[:api.MaxImportLine-2] + "\nb,c", "1|a|" + long[:api.MaxImportLine-2] + "/2|b|c"},
		{"a," + long + "\nb,c", "1!/2|b|c"},
		{strings.Repeat(",", api.MaxImportLine+1) + "\nb,c", "1!/2|b|c"},
		{"a,\"" + strings.Repeat("x\n", api.MaxImportLine) + "\"\nb,c", "1!/65538|b|c"},
		{"a\rb,c\n", "1|a\rb|c"},
	} {
		var got []string
		for _, row := range readRows(t, test.text) {
			text := strings.Join(append([]string{""}, row.cells...), "|")
			if row.wrong != "" {
				text = "!"
			}
			got = append(got, strings.TrimLeft(strings.Join([]string{itoa(row.line), text}, ""), " "))
		}
		if joined := strings.Join(got, "/"); joined != test.want {
			t.Errorf("%.60q:\n got %.80q\nwant %.80q", test.text, joined, test.want)
		}
	}
}

func itoa(n int) string { return string(appendInt(nil, n)) }

func appendInt(to []byte, n int) []byte {
	if n > 9 {
		to = appendInt(to, n/10)
	}
	return append(to, byte('0'+n%10))
}

func TestGuard(t *testing.T) {
	for cell, want := range map[string]string{
		"": "", "a": "a", "'": "'", "'a": "'a", "=1": "'=1", "'=1": "''=1", "+81": "'+81", "-": "'-", "@x": "'@x",
		"\tx": "'\tx", "\rx": "'\rx", "\nx": "'\nx", "＝1": "'＝1", "＋": "'＋", "－": "'－", "＠": "'＠", "a=1": "a=1", " =1": " =1",
	} {
		if got := Guard(cell); got != want || unguard(got) != cell {
			t.Errorf("%q became %q, then %q", cell, got, unguard(got))
		}
	}
}

func FuzzGuard(f *testing.F) {
	f.Add("''=x")
	f.Fuzz(func(t *testing.T, cell string) {
		got := Guard(cell)
		if unguard(got) != cell || got != "" && strings.ContainsAny(got[:1], "=+-@\t\r\n") {
			t.Errorf("%q became %q", cell, got)
		}
	})
}

// FuzzCSV: rows are those that encoding/csv reads, as long as it can.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n\"c\nd\",e\n", "a,\"b\"\"c\"", "a\"b\n", "\"a\"b", "\"a", ",\n\n,", "\"\"\n", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsRune(text, '\r') || len(text) > api.MaxImportLine {
			t.Skip() // encoding/csv drops some
		}
		theirs := csv.NewReader(strings.NewReader(text))
		theirs.FieldsPerRecord = -1
		want, err := theirs.ReadAll()
		ours := readRows(t, text)
		wrong := slices.ContainsFunc(ours, func(r csvRow) bool { return r.wrong != "" })
		if wrong != (err != nil) {
			t.Fatalf("%q: %v, but encoding/csv says %v", text, ours, err)
		}
		for i, row := range want {
			if !slices.Equal(row, ours[i].cells) {
				t.Fatalf("%q: row %d is %q, want %q", text, i, ours[i].cells, row)
			}
		}
	})
}
