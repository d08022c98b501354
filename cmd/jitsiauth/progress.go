package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"
)

// progress tells a person at a terminal how far a long command is, and how much
// longer it takes, on the terminal's last line. Where standard error is no terminal,
// it does nothing. It is for one goroutine at a time.
type progress struct {
	out   io.Writer // nil: no terminal
	width func() int
	now   func() time.Time

	total int    // in the same units as at's done; 0: not known
	noun  string // what is counted: "lines"
	drawn time.Time
	marks []mark // of the last moments, the oldest first
}

// mark is how much was done when.
type mark struct {
	at   time.Time
	done int
}

const (
	drawEvery = 250 * time.Millisecond
	markEvery = time.Second
	// markMost is how many seconds the rate is taken from: an import that goes on
	// where one stopped is through what is done in no time, which says nothing about
	// the rest.
	markMost = 15
)

// newProgress returns one for this process. Set total before the first at.
func (a *app) newProgress(noun string) *progress {
	p := &progress{now: time.Now, noun: noun}
	if f, ok := a.stderr.(*os.File); ok && term.IsTerminal(descriptor(f)) {
		p.out = f
		p.width = func() int {
			width, _, err := term.GetSize(descriptor(f))
			if err != nil || width <= 0 {
				return 80
			}
			return width
		}
	}
	return p
}

// onTerminal says whether anybody sees it, for whom it is worth finding out a total.
func (p *progress) onTerminal() bool { return p.out != nil }

// at says how much is done. It draws a few times a second at most, so it may be
// called for each line.
func (p *progress) at(done int) {
	if p.out == nil {
		return
	}
	now := p.now()
	if !p.drawn.IsZero() && now.Sub(p.drawn) < drawEvery {
		return
	}
	p.drawn = now
	rate := p.rate(now, done)
	fmt.Fprint(p.out, "\r", progressText(done, p.total, p.noun, rate, p.width()-1), eraseLine)
}

// clear takes the line away, for something else to be printed there.
func (p *progress) clear() {
	if p.out != nil && !p.drawn.IsZero() {
		fmt.Fprint(p.out, "\r", eraseLine)
	}
}

const eraseLine = "\x1b[K" // from here on

// rate is how much is done in a second, of late; 0: not known yet.
func (p *progress) rate(now time.Time, done int) float64 {
	if len(p.marks) == 0 || now.Sub(p.marks[len(p.marks)-1].at) >= markEvery {
		p.marks = append(p.marks, mark{now, done})
	}
	if len(p.marks) > markMost {
		p.marks = p.marks[1:]
	}
	since := p.marks[0]
	if took := now.Sub(since.at); took >= 2*time.Second && done > since.done {
		return float64(done-since.done) / took.Seconds()
	}
	return 0
}

// progressText is the line, at most width characters: a bar, how much of how much,
// how many a second, and the time left. What doesn't fit is left out, the bar
// first. A total that is not known, or proves too small, is left out as well.
func progressText(done, total int, noun string, rate float64, width int) string {
	const leastBar, mostBar = 10, 40
	count := thousands(done) + " " + noun
	var details []string
	if rate > 0 {
		details = append(details, rateText(rate))
	}
	known := total > 0 && done <= total
	if known {
		count = thousands(done) + " of " + thousands(total) + " " + noun
		if rate > 0 && done < total {
			details = append(details, timeLeft(float64(total-done)/rate))
		}
	}
	text := strings.Join(append([]string{count}, details...), ", ")
	for len(text) > width && len(details) > 0 {
		details = details[1:] // the rate says least
		text = strings.Join(append([]string{count}, details...), ", ")
	}
	if len(text) > width {
		return text[:max(width, 0)]
	}
	if size := min(width-len(text)-len("[] "), mostBar); known && size >= leastBar {
		full := size * done / total
		text = "[" + strings.Repeat("#", full) + strings.Repeat(".", size-full) + "] " + text
	}
	return text
}

func rateText(rate float64) string {
	if rate < 9.95 {
		return fmt.Sprintf("%.1f/s", rate)
	}
	return thousands(int(math.Round(min(rate, math.MaxInt32)))) + "/s"
}

// timeLeft is as exact as it can be known, so that it does not jump about.
func timeLeft(seconds float64) string {
	const day = 24 * 3600
	switch s := int(math.Ceil(min(seconds, math.MaxInt32))); {
	case s <= 10:
		return fmt.Sprintf("%d s left", max(s, 1))
	case s <= 55:
		return fmt.Sprintf("%d s left", roundUp(s, 5))
	case s <= 3590:
		s = roundUp(s, 10)
		if s%60 == 0 {
			return fmt.Sprintf("%d min left", s/60)
		}
		return fmt.Sprintf("%d min %d s left", s/60, s%60)
	case s <= 2*day:
		s = roundUp(s, 60)
		return fmt.Sprintf("%d h %d min left", s/3600, s%3600/60)
	default:
		return fmt.Sprintf("%d days left", roundUp(s, day)/day)
	}
}

func roundUp(n, step int) int { return (n + step - 1) / step * step }

// thousands is 1,234,567.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// countLines counts the lines of a regular file from where it stands, and goes back
// there. Of what can be read only once, and of what can't be read, it returns 0.
func countLines(in io.Reader) (lines int) {
	file, ok := in.(*os.File)
	if !ok {
		return 0
	}
	start, err := file.Seek(0, io.SeekCurrent)
	if about, aboutErr := file.Stat(); err != nil || aboutErr != nil || !about.Mode().IsRegular() {
		return 0
	}
	buf, last := make([]byte, 256<<10), byte('\n')
	for {
		n, err := file.Read(buf)
		if n > 0 {
			lines += bytes.Count(buf[:n], []byte{'\n'})
			last = buf[n-1]
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			lines, last = 0, '\n' // reading it again says what is wrong
			break
		}
	}
	if _, err := file.Seek(start, io.SeekStart); err != nil {
		return 0
	}
	if last != '\n' {
		lines++
	}
	return lines
}
