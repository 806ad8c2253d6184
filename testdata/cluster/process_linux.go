package cluster

import "syscall"

// ownGroup starts a server in a process group of its own, and has the kernel kill it when the thread that started it
// ends, so also when this process is killed.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
