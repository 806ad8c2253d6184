package sandbox

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"time"
)

// Command is the hidden command under which the program starts itself as a child. Its
// words are those of a confinement, then the command that is to run.
const Command = "apart"

// What a child says where it stops itself.
const (
	overMemory = "sandbox: over the limit of memory"
	overTime   = "sandbox: over the limit of time"
)

// confinement is what a child does to itself before it reads anything.
type confinement struct {
	memory    uint64
	cpu, time time.Duration
	sealed    bool
	word      string
}

func (c Child) confinement() confinement {
	return confinement{c.Limits.Memory, c.Limits.CPU, c.Limits.Time, c.Sealed, c.word}
}

func (c confinement) words() []string {
	return []string{strconv.FormatUint(c.memory, 10), strconv.FormatInt(int64(c.cpu), 10), strconv.FormatInt(int64(c.time), 10), strconv.FormatBool(c.sealed), c.word}
}

var errWords = errors.New("this command is for gatehouse itself")

// A Confined is this process as a child.
type Confined struct {
	Command []string // the words of what is to run
	word    string
}

// Confine takes away from this process what a child may not have, as the words after
// Command say.
func Confine(words []string) (Confined, error) {
	if len(words) < 6 || words[5] != "--" {
		return Confined{}, errWords
	}
	memory, err1 := strconv.ParseUint(words[0], 10, 62)
	cpu, err2 := strconv.ParseInt(words[1], 10, 64)
	wall, err3 := strconv.ParseInt(words[2], 10, 64)
	sealed, err4 := strconv.ParseBool(words[3])
	if err := errors.Join(err1, err2, err3, err4); err != nil || memory == 0 || cpu <= 0 || wall <= 0 {
		return Confined{}, errWords
	}
	c := confinement{memory, time.Duration(cpu), time.Duration(wall), sealed, words[4]}
	// The collector works harder long before the end, so that what is only garbage is
	// not taken for use.
	debug.SetMemoryLimit(int64(c.memory / 4 * 3))
	// The runtime opens what it needs to wait with before there is nothing left to open.
	time.Sleep(time.Nanosecond)
	if err := c.limit(); err != nil {
		return Confined{}, fmt.Errorf("set the limits of a sandbox: %w", err)
	}
	go c.watch()
	return Confined{Command: words[6:], word: c.word}, nil
}

// End says on the errors of this process that its command came to its end.
func (c Confined) End(stderr io.Writer, code int) error {
	if _, err := fmt.Fprintf(stderr, "\x00%s %d", c.word, code); err != nil {
		return fmt.Errorf("end a sandbox: %w", err)
	}
	return nil
}

// watchEvery is how often a child looks at what it uses.
const watchEvery = 10 * time.Millisecond

// watch stops the process where it is over a limit, also where the system sets none.
func (c confinement) watch() {
	deadline := time.Now().Add(c.time + time.Second)
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for {
		time.Sleep(watchEvery)
		metrics.Read(sample)
		switch {
		case sample[0].Value.Uint64()-sample[1].Value.Uint64() > c.memory:
			stop(overMemory)
		case time.Now().After(deadline):
			stop(overTime)
		}
	}
}

// stop ends this process at once: there is nothing to tidy up.
func stop(why string) {
	fmt.Fprintln(os.Stderr, why)
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {}
}
