package main

import (
	"fmt"
	"sync/atomic"
	"time"
)

// progressAfter is how long a run may take before it says how far it is.
const progressAfter = time.Second

// progress returns the function that a run tells its progress to, and the one
// that ends it. On a terminal a line on standard error counts the files of a run
// that takes longer than a second; elsewhere nothing is written.
func (p program) progress() (tell func(done, total int), end func()) {
	if !isTerminal(p.stderr) {
		return nil, func() {}
	}
	var done, total atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		wait := time.NewTimer(progressAfter)
		defer wait.Stop()
		shown := false
		for {
			select {
			case <-stop:
				if shown {
					fmt.Fprint(p.stderr, "\r\x1b[K")
				}
				return
			case <-wait.C:
				fmt.Fprintf(p.stderr, "\r\x1b[Kgatehouse: %d of %d files", done.Load(), total.Load())
				shown = true
				wait.Reset(progressAfter / 5)
			}
		}
	}()
	tell = func(d, t int) {
		total.Store(int64(t))
		for {
			old := done.Load()
			if old >= int64(d) || done.CompareAndSwap(old, int64(d)) {
				return
			}
		}
	}
	return tell, func() { close(stop); <-stopped }
}
