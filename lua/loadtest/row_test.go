package loadtest_test

import (
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

// row prints a row of the table: what was measured, its bound, what came out.
// It goes where "make bench" finds it, among what the test framework prints.
func row(b *testing.B, what, bound string, met bool, format string, args ...any) {
	b.Helper()
	verdict := "yes"
	if !met {
		verdict = "**no**"
	}
	fmt.Fprintf(os.Stdout, "\n| %s | %s | %s | %s |\n", what, bound, fmt.Sprintf(format, args...), verdict)
}

// percentile of durations, which it sorts; 0 of none.
func percentile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(len(all)-1, int(p/100*float64(len(all))))]
}

// ms shows a duration in milliseconds.
func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }

// median of numbers, which it sorts.
func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}
