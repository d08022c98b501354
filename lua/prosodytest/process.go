package prosodytest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// process is a running program.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed at the end, after all output was read
	err  error         // how it ended; readable after done
}

// startProcess runs args with env and sends its output to out. On Linux the program
// dies with this one.
func startProcess(out io.Writer, dir string, env []string, args ...string) (*process, error) {
	// Background, because the end of a context would kill; stop asks first.
	cmd := exec.CommandContext(context.Background(), args[0], args[1:]...) //nolint:gosec // a fixed program; no shell
	p := &process{cmd: cmd, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir, p.cmd.Env = out, out, dir, env
	p.cmd.WaitDelay = 2 * time.Second
	dieWithParent(p.cmd)
	started := make(chan error)
	go func() {
		// Linux sends the parent-death signal when the *thread* that started the child
		// ends (go.dev/issue/27505), so that thread stays here until the child has gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
			close(p.done)
		}
	}()
	return p, <-started
}

// stop asks the program to end, kills it when that takes more than 10 s, and tells how
// it ended: nil after an orderly exit.
func (p *process) stop() error {
	select {
	case <-p.done:
		return p.err
	default:
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		<-p.done // it ended by itself in this moment
		return p.err
	}
	select {
	case <-p.done:
		return p.err
	case <-time.After(10 * time.Second):
		err := p.cmd.Process.Kill()
		<-p.done
		return errors.Join(fmt.Errorf("pid %d ignored SIGTERM for 10 s and was killed", p.cmd.Process.Pid), err)
	}
}
