package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// errPortTaken says that a server found its port in use: free ports are chosen before the server starts, and another
// process may be faster.
var errPortTaken = errors.New("port was taken by another process")

// process is one running server. Its standard output and error go to a log file.
type process struct {
	name  string
	log   string
	id    int
	ended chan struct{} // closed when the server has ended
	err   error         // how it ended; to be read after ended is closed
}

// startProcess runs the program until stop, with nothing but the given environment.
func startProcess(name, logPath, program string, environment []string, args ...string) (*process, error) {
	command := exec.Command(program, args...)
	command.Env = append([]string{}, environment...) // never nil: that would be this process's environment
	return startCommand(name, logPath, command)
}

// startCommand runs the command until stop. Its standard output goes to the log, too, where it has none yet. The thread
// that starts it waits for it too: the kernel counts the death of that thread as the death of the parent
// (https://github.com/golang/go/issues/27505).
func startCommand(name, logPath string, command *exec.Cmd) (*process, error) {
	logFile, err := os.Create(logPath)
	if err != nil {
		return nil, err
	}
	if command.Stdout == nil {
		command.Stdout = logFile
	}
	command.Stderr = logFile
	command.SysProcAttr = ownGroup()

	p := &process{name: name, log: logPath, ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer logFile.Close()
		if err := command.Start(); err != nil {
			started <- err
			return
		}
		p.id = command.Process.Pid
		started <- nil
		p.err = command.Wait()
		close(p.ended)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return p, nil
}

// stop kills the server and waits for its end. Nothing it holds is worth a graceful end: its data is thrown away.
func (p *process) stop() {
	select {
	case <-p.ended:
	default:
		// The group may already be gone; waiting tells.
		_ = syscall.Kill(-p.id, syscall.SIGKILL)
		<-p.ended
	}
}

// waitReady asks until ready returns nil. An early end of the server or the end of ctx is an error with the tail of
// the server's log. Not every server ends when it cannot listen, so the log is asked for that too.
func (p *process) waitReady(ctx context.Context, ready func(context.Context) error) error {
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		if strings.Contains(p.tail(), "address already in use") {
			return fmt.Errorf("%s: %w", p.name, errPortTaken)
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s ended (%v); the end of its log:\n%s", p.name, p.err, p.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w (last answer: %v); the end of its log:\n%s", p.name, ctx.Err(), err, p.tail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// tail returns the last 4 KiB of the log.
func (p *process) tail() string {
	file, err := os.Open(p.log)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > 4<<10 {
		// A failed seek reads from the start, which is as good.
		_, _ = file.Seek(-4<<10, io.SeekEnd)
	}
	content, err := io.ReadAll(file)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(content))
}
