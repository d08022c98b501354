package servicetest

import "syscall"

// dieWithParent has the kernel end the service when this program ends, however
// that comes about.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
