// Package sandbox runs a part of the program in a child process with limits, for what
// somebody wrote whom nobody has agreed to yet: the policies of a change. A policy cannot
// reach the network, a file or the environment, but it can ask for more memory and time
// than there is, and the engine that runs it has no limit of its own for memory.
//
// It knows nothing of policies. A child that is stopped has said nothing: whoever asked
// must call that not judged.
package sandbox

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits are what a child may use. All of them are set.
type Limits struct {
	Memory uint64        // bytes of its heap; what the system grants is a little more
	CPU    time.Duration // of all its threads together
	Time   time.Duration // from its start to its end
	Output int64         // bytes that it may say
}

// OfJudge are the limits of a child that judges a repository.
func OfJudge() Limits {
	return Limits{Memory: 1 << 30, CPU: 4 * time.Minute, Time: 2 * time.Minute, Output: 256 << 20}
}

// OfCommand are the limits of a command that runs in a child as a whole, such as the
// tests of a large library.
func OfCommand() Limits {
	return Limits{Memory: 2 << 30, CPU: 30 * time.Minute, Time: 15 * time.Minute, Output: 256 << 20}
}

// Table is the part of the table of limits that is about children.
func Table() [][3]string {
	judge, command := OfJudge(), OfCommand()
	both := func(show func(Limits) string) string { return show(judge) + ", " + show(command) + " for tests" }
	return [][3]string{
		{"sandbox-memory", both(func(l Limits) string { return fmt.Sprintf("%d MiB", l.Memory>>20) }), "memory of the process in which policies run that nobody has agreed to"},
		{"sandbox-processor", both(func(l Limits) string { return l.CPU.String() }), "processor time that they may take"},
		{"sandbox-time", both(func(l Limits) string { return l.Time.String() }), "time after which they are stopped"},
		{"sandbox-output", fmt.Sprintf("%d MiB", judge.Output>>20), "size of what they may say"},
	}
}

// Stopped is why a child did not come to its end.
type Stopped struct{ Reason string }

func (s Stopped) Error() string { return s.Reason }

// A Child is one call of the program itself.
type Child struct {
	Args   []string // after the name of the program
	Env    []string // all of its environment
	Limits Limits
	// Sealed keeps the child from opening anything: no file, no socket. It has its
	// input and its output.
	Sealed bool

	word string // by which the child says that it came to its end
}

// Run starts the child, hands it input, and gives what it wrote when it came to its end.
// The error is a Stopped where it did not.
func (c Child) Run(ctx context.Context, input func(io.Writer) error) ([]byte, error) {
	out := &bounded{limit: c.Limits.Output}
	said, err := c.run(ctx, input, out, nil)
	switch {
	case err != nil:
		return nil, err
	case said != 0:
		return nil, Stopped{fmt.Sprintf("the process in which it ran ended with the code %d", said)}
	case out.over:
		return nil, Stopped{"it said more than the limit sandbox-output"}
	}
	return out.text.Bytes(), nil
}

// Pass starts the child with the output of the caller, and gives its exit code. The error
// is a Stopped where it did not come to its end; what it wrote so far has been passed on.
func (c Child) Pass(ctx context.Context, stdout, stderr io.Writer) (int, error) {
	return c.run(ctx, nil, stdout, stderr)
}

func (c Child) run(ctx context.Context, input func(io.Writer) error, stdout, stderr io.Writer) (int, error) {
	program, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("find the program: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.Limits.Time)
	defer cancel()
	// What runs in the child cannot know it.
	c.word = rand.Text()
	cmd := exec.CommandContext(ctx, program)
	cmd.Args = append([]string{"gatehouse", Command}, c.confinement().words()...)
	cmd.Args = append(append(cmd.Args, "--"), c.Args...)
	cmd.Env, cmd.Stdout = append([]string{"GOTRACEBACK=none"}, c.Env...), stdout
	if c.Sealed {
		cmd.Dir = string(os.PathSeparator)
	}
	// What is left of a child that was stopped must not keep this one waiting.
	cmd.WaitDelay = time.Second
	faults := &faults{to: stderr}
	cmd.Stderr = faults
	err = c.start(cmd, input)
	if code, ended := faults.end(c.word); ended {
		return code, nil
	}
	if stopped := reasonOf(ctx, cmd, faults.String()); stopped != "" {
		return 0, Stopped{stopped}
	}
	return 0, err
}

// start runs the child until its process is gone.
func (c Child) start(cmd *exec.Cmd, input func(io.Writer) error) error {
	var fed sync.WaitGroup
	defer fed.Wait()
	var stdin io.WriteCloser
	if input != nil {
		var err error
		if stdin, err = cmd.StdinPipe(); err != nil {
			return fmt.Errorf("make a pipe: %w", err)
		}
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the process of a sandbox: %w", err)
	}
	if input != nil {
		fed.Go(func() {
			// A child that is gone reads nothing; how it ended tells why.
			_ = input(stdin)
			_ = stdin.Close()
		})
	}
	return cmd.Wait()
}

// reasonOf tells why a child was stopped.
func reasonOf(ctx context.Context, cmd *exec.Cmd, faults string) string {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "it took longer than the limit sandbox-time"
	case ctx.Err() != nil:
		return "it was stopped from outside"
	case strings.Contains(faults, overMemory), strings.Contains(faults, "out of memory"), strings.Contains(faults, "cannot allocate memory"):
		return "it took more memory than the limit sandbox-memory"
	case strings.Contains(faults, overTime):
		return "it took longer than the limit sandbox-time"
	case strings.Contains(faults, "stack overflow"), strings.Contains(faults, "stack exceeds"):
		return "it nested deeper than there is room for"
	case cmd.ProcessState != nil && isOverCPU(cmd.ProcessState):
		return "it took more processor time than the limit sandbox-processor"
	case cmd.ProcessState != nil:
		return "its process ended before its time: " + cmd.ProcessState.String()
	}
	return ""
}

// bounded keeps what is written up to a limit.
type bounded struct {
	text  bytes.Buffer
	limit int64
	over  bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if int64(b.text.Len()+len(p)) > b.limit {
		b.over = true
		return len(p), nil
	}
	return b.text.Write(p)
}

// faultBytes is how much is kept of what a child says of its end.
const faultBytes = 8 << 10

// faults keeps the beginning of what a child writes beside its answer, which is where a
// runtime says why it fails, and passes it on. What comes after a zero byte is kept back:
// the child says there that it came to its end, and with which code, since a runtime that
// fails has codes, too.
type faults struct {
	to    io.Writer
	mu    sync.Mutex
	first []byte
	last  []byte
}

func (f *faults) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	said, last, ended := bytes.Cut(p, []byte{0})
	if f.last != nil {
		said, last, ended = nil, p, true
	}
	if ended {
		f.last = append(f.last, last[:min(len(last), faultBytes-len(f.last))]...)
		if f.last == nil {
			f.last = []byte{}
		}
	}
	f.first = append(f.first, said[:min(len(said), faultBytes-len(f.first))]...)
	if f.to != nil && len(said) > 0 {
		if _, err := f.to.Write(said); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func (f *faults) end(word string) (code int, ended bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text, ended := strings.CutPrefix(string(f.last), word+" ")
	code, err := strconv.Atoi(text)
	return code, ended && err == nil
}

func (f *faults) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return string(f.first)
}
