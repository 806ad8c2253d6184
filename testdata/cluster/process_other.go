//go:build !linux

package cluster

import "syscall"

// ownGroup starts a server in a process group of its own. Only Linux can also tie its life to this process: elsewhere
// a server outlives a test binary that is killed.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
