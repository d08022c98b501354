package loadtest_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// seconds is how long each measurement takes.
var seconds = flag.Float64("seconds", 10, "how long each measurement takes")

// span is a part of that time.
func span(part float64) time.Duration { return time.Duration(*seconds * part * float64(time.Second)) }

// quick says that the benchmarks are only to be seen to work.
func quick() bool { return *seconds < 1 }

// turns is how often measurements are repeated in turn.
func turns(n int) int {
	if quick() {
		return 1
	}
	return n
}

// noBound is the bound of a row that is there to compare with.
const noBound = "–"

// row prints a row of the table: what was measured, its bound, what came out.
// It goes where "make bench" finds it, among what the test framework prints.
func row(b *testing.B, what, bound string, met bool, format string, args ...any) {
	b.Helper()
	verdict := "yes"
	switch {
	case bound == noBound:
		verdict = noBound
	case !met:
		verdict = "**no**"
	}
	fmt.Fprintf(os.Stdout, "\n| %s | %s | %s | %s |\n", what, bound, fmt.Sprintf(format, args...), verdict)
}

// round is what one round measured: ours and, right before it, what it is
// compared with. The machine's speed drifts more between rounds than the two
// differ, so that only their ratio means something.
type round struct{ ours, other float64 }

func (r round) ratio() float64 { return r.ours / r.other }

// median is the round with the median of the ratios.
func median(rounds []round) round {
	sorted := slices.SortedFunc(slices.Values(rounds), func(a, b round) int { return cmp.Compare(a.ratio(), b.ratio()) })
	return sorted[len(sorted)/2]
}

// middle is the median of numbers.
func middle[T cmp.Ordered](all []T) T { return slices.Sorted(slices.Values(all))[len(all)/2] }

// percentile of durations; 0 of none.
func percentile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(p/100*float64(len(sorted))))]
}

// ms shows a duration in milliseconds.
func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }

func TestPercentile(t *testing.T) {
	all := []time.Duration{5, 1, 4, 2, 3}
	for p, want := range map[float64]time.Duration{0: 1, 50: 3, 99: 5, 100: 5} {
		if got := percentile(all, p); got != want {
			t.Errorf("percentile %v: %v, want %v", p, got, want)
		}
	}
	if got := percentile(nil, 50); got != 0 {
		t.Errorf("of none: %v", got)
	}
}

func TestMedian(t *testing.T) {
	rounds := []round{{9, 1}, {3, 1}, {4, 2}}
	if got := median(rounds); got != rounds[1] {
		t.Errorf("median %v", got)
	}
	if got := middle([]float64{3, 1, 2}); got != 2 {
		t.Errorf("middle %v", got)
	}
}
