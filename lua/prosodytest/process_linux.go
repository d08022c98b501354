package prosodytest

import (
	"os/exec"
	"syscall"
)

// dieWithParent makes a test that panics or is killed leave nothing behind. The process
// group of its own keeps a Ctrl-C in the terminal for the parent, which stops the
// server in its own order.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
