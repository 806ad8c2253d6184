//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakOf is the largest memory that a process has held.
func peakOf(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return usage.Maxrss
	}
	return usage.Maxrss << 10
}
