package prosodytest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
)

// maxLog bounds what is kept of a server's log, in bytes; older lines go first.
const maxLog = 8 << 20

// logBuffer is an io.Writer that remembers what was written and wakes waiters.
type logBuffer struct {
	mu      sync.Mutex
	buf     []byte
	changed chan struct{} // closed and replaced at every write
	copy    io.Writer     // nil = none
}

func newLogBuffer(copyTo io.Writer) *logBuffer {
	return &logBuffer{changed: make(chan struct{}), copy: copyTo}
}

// Write never fails, or a broken copy would stop the reading of Prosody's output and
// block it.
func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.copy != nil {
		if _, err := l.copy.Write(p); err != nil {
			l.copy = nil
		}
	}
	l.buf = append(l.buf, p...)
	if len(l.buf) > maxLog {
		half := l.buf[len(l.buf)-maxLog/2:]
		half = half[bytes.IndexByte(half, '\n')+1:]
		l.buf = append([]byte(nil), half...)
	}
	close(l.changed)
	l.changed = make(chan struct{})
	return len(p), nil
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.buf)
}

// tail returns the last n lines.
func (l *logBuffer) tail(n int) string {
	lines := strings.Split(strings.TrimRight(l.String(), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// find returns the first whole line that re matches, and a channel closed by the next
// write.
func (l *logBuffer) find(re *regexp.Regexp) (line string, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := l.buf; ; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			return "", l.changed
		}
		if re.Match(rest[:i]) {
			return string(rest[:i]), l.changed
		}
		rest = rest[i+1:]
	}
}

// wait blocks until a line matches re, and returns it; done ends the waiting early.
func (l *logBuffer) wait(ctx context.Context, re *regexp.Regexp, done <-chan struct{}) (string, error) {
	for ended := false; ; {
		line, changed := l.find(re)
		if line != "" {
			return line, nil
		}
		if ended {
			return "", errors.New("prosody ended")
		}
		select {
		case <-changed:
		case <-done:
			ended = true // look once more: the line may be among the last
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// Log returns what Prosody wrote so far, at most the newest 8 MiB. Lua errors that
// bypass Prosody's logging are in it too.
func (s *Server) Log() string { return s.log.String() }

// WaitLog waits for a line of the log that matches the regular expression pattern and
// returns it; lines from before the call count. It fails when ctx ends or Prosody does.
func (s *Server) WaitLog(ctx context.Context, pattern string) (string, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return "", err
	}
	line, err := s.log.wait(ctx, re, s.proc.done)
	if err != nil {
		return "", fmt.Errorf("no line of Prosody's log matches %q: %w", pattern, err)
	}
	return line, nil
}
