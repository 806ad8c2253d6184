package sandbox

import (
	"os"
	"syscall"
	"time"
)

// spareMemory is what a process has mapped beyond its heap: its program, the stacks of
// its threads, and what the runtime only reserves.
const (
	spareData    = 256 << 20
	spareAddress = 2 << 30
)

// limit sets the limits of this process in the kernel (getrlimit(2)). They cannot be
// raised again, and hold for what it starts.
func (c confinement) limit() error {
	seconds := uint64(max(c.cpu/time.Second, 1))
	limits := []struct {
		resource int
		value    uint64
	}{
		{syscall.RLIMIT_AS, c.memory + spareAddress},
		// Writable memory, counted since Linux 4.7: nearer to what is used than the
		// address space, of which the runtime reserves more than it takes.
		{syscall.RLIMIT_DATA, c.memory + spareData},
		{syscall.RLIMIT_CPU, seconds},
		{syscall.RLIMIT_CORE, 0},
	}
	if c.sealed {
		limits = append(limits, []struct {
			resource int
			value    uint64
		}{
			{syscall.RLIMIT_FSIZE, 0},
			// No number is left for a file or a socket.
			{syscall.RLIMIT_NOFILE, 3},
		}...)
	}
	for _, l := range limits {
		var now syscall.Rlimit
		if err := syscall.Getrlimit(l.resource, &now); err != nil {
			return err
		}
		value := min(l.value, now.Max)
		if err := syscall.Setrlimit(l.resource, &syscall.Rlimit{Cur: value, Max: value}); err != nil {
			return err
		}
	}
	return nil
}

// isOverCPU tells whether a process was ended for the time that it took. Both limits are
// one, so the kernel may send either signal.
func isOverCPU(s *os.ProcessState) bool {
	status, ok := s.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && (status.Signal() == syscall.SIGXCPU || status.Signal() == syscall.SIGKILL)
}

// isLimited tells that the kernel keeps the limits.
const isLimited = true
