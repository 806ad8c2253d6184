// Command gatehouse is a policy and secrets gate for config repositories.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends what is under way, and a second one the program.
	context.AfterFunc(ctx, stop)
	p := program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, env: os.Getenv, now: time.Now}
	spare := make([]byte, spareHeap)
	code := p.run(ctx, os.Args)
	runtime.KeepAlive(spare)
	stop()
	os.Exit(code)
}
