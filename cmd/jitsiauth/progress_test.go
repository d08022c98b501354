package main

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestProgressText(t *testing.T) {
	for _, test := range []struct {
		done, total int
		rate        float64
		width       int
		want        string
	}{
		{0, 10000, 0, 79, "[........................................] 0 of 10,000 lines"},
		{5000, 10000, 8, 79, "[###############...............] 5,000 of 10,000 lines, 8.0/s, 10 min 30 s left"},
		{1234, 10000, 43.8, 200, "[####....................................] 1,234 of 10,000 lines, 44/s, 3 min 30 s left"},
		{1234, 10000, 43.8, 60, "[#............] 1,234 of 10,000 lines, 44/s, 3 min 30 s left"},
		{1234, 10000, 43.8, 50, "1,234 of 10,000 lines, 44/s, 3 min 30 s left"},
		{1234, 10000, 43.8, 40, "1,234 of 10,000 lines, 3 min 30 s left"},
		{1234, 10000, 43.8, 30, "1,234 of 10,000 lines"},
		{1234, 10000, 43.8, 8, "1,234 of"},
		{1234, 10000, 43.8, 0, ""},
		{1234, 10000, 43.8, -1, ""},
		{10000, 10000, 50000, 60, "[#########################] 10,000 of 10,000 lines, 50,000/s"},
		{1234, 0, 43.8, 79, "1,234 lines, 44/s"}, // a pipe
		{1234, 0, 0, 79, "1,234 lines"},
		{1235, 1234, 43.8, 79, "1,235 lines, 44/s"}, // the file has grown
	} {
		if got := progressText(test.done, test.total, "lines", test.rate, test.width); got != test.want {
			t.Errorf("%+v\n got %q", test, got)
		}
	}
}

// Whatever the state, the line fits the terminal, and its bar is neither under nor
// over.
func TestProgressFits(t *testing.T) {
	for range 20000 {
		done, total, width := rand.IntN(1<<rand.IntN(40)), rand.IntN(1<<rand.IntN(40)), rand.IntN(200)
		rate := []float64{0, math.SmallestNonzeroFloat64, rand.Float64(), rand.Float64() * 1e6, math.MaxFloat64}[rand.IntN(5)]
		text := progressText(done, total, "lines", rate, width)
		if len(text) > width || strings.Contains(text, "-") || strings.Contains(text, "NaN") {
			t.Fatalf("%d of %d at %g/s on %d: %q", done, total, rate, width, text)
		}
		bar, _, found := strings.Cut(text, "] ")
		if full := strings.Count(bar, "#"); found && (done == total) != (full == len(bar)-1) {
			t.Fatalf("%d of %d at %g/s on %d: %q", done, total, rate, width, text)
		}
	}
}

func TestTimeLeft(t *testing.T) {
	for seconds, want := range map[float64]string{
		0: "1 s left", 0.1: "1 s left", 9.2: "10 s left", 11: "15 s left", 55: "55 s left", 55.5: "1 min left", 61: "1 min 10 s left",
		200: "3 min 20 s left", 3590: "59 min 50 s left", 3591: "1 h 0 min left", 7500: "2 h 5 min left",
		48 * 3600: "48 h 0 min left", 48*3600 + 1: "3 days left", math.Inf(1): "24856 days left",
	} {
		if got := timeLeft(seconds); got != want {
			t.Errorf("%g: %q, want %q", seconds, got, want)
		}
	}
}

// What a terminal shows, with a clock of the test's.
func TestProgressDraws(t *testing.T) {
	var out strings.Builder
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	p := &progress{out: &out, width: func() int { return 61 }, now: func() time.Time { return now }, noun: "lines", total: 1000}
	shown := func(done int, after time.Duration) string {
		now = now.Add(after)
		out.Reset()
		p.at(done)
		return out.String()
	}
	for _, test := range []struct {
		done  int
		after time.Duration
		want  string
	}{
		{500, 0, "\r[###################....................] 500 of 1,000 lines\x1b[K"}, // what was done before
		{504, 100 * time.Millisecond, ""},                                                // too soon
		{508, 900 * time.Millisecond, "\r[###################....................] 508 of 1,000 lines\x1b[K"},
		{516, time.Second, "\r[#######........] 516 of 1,000 lines, 8.0/s, 1 min 10 s left\x1b[K"},
	} {
		if got := shown(test.done, test.after); got != test.want {
			t.Errorf("%d: %q, want %q", test.done, got, test.want)
		}
	}
	// The rate is that of the last moments: the 500 at once at the beginning are
	// forgotten.
	done := 516
	for range 30 {
		done += 4
		shown(done, time.Second)
	}
	if got := shown(done+4, time.Second); !strings.Contains(got, "640 of 1,000 lines, 4.0/s, 1 min 30 s left") {
		t.Errorf("%q", got)
	}
	out.Reset()
	p.clear()
	if out.String() != "\r\x1b[K" {
		t.Errorf("%q", out.String())
	}
}

// Nothing goes to what is no terminal, nor is anything taken off what shows nothing.
func TestProgressSilent(t *testing.T) {
	var out strings.Builder
	a := &app{stderr: &out}
	p := a.newProgress("lines")
	p.at(1)
	p.clear()
	if p.onTerminal() || out.Len() > 0 {
		t.Errorf("%q", out.String())
	}
	shown := &progress{out: &out, now: time.Now}
	if shown.clear(); out.Len() > 0 {
		t.Errorf("%q", out.String())
	}
}

func TestCountLines(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "a": 1, "a\n": 1, "a\nb": 2, "\n\n": 2, strings.Repeat("x\n", 300000): 300000,
	} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte("first\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.Seek(6, 0); err != nil {
			t.Fatal(err)
		}
		if got := countLines(file); got != want {
			t.Errorf("%.10q: %d, want %d", text, got, want)
		}
		if at, err := file.Seek(0, 1); at != 6 || err != nil {
			t.Errorf("it stands at %d, %v", at, err)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if got := countLines(r) + countLines(strings.NewReader("a\n")); got != 0 {
		t.Errorf("what can be read once was counted: %d", got)
	}
}
