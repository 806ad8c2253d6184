package source

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// maxDrain is how much of an object that is not wanted is read past. A larger one
// costs less by starting git anew, and takes no time that a stranger chose.
const maxDrain = 1 << 20

// blobReader reads objects through one long-lived git cat-file --batch. It may be
// used from any goroutine.
type blobReader struct {
	start func() *exec.Cmd
	ctx   context.Context // that start's command lives under; Load has none of its own

	mu     sync.Mutex
	batch  *batch // nil until it is needed, and after a failure
	closed bool
}

// batch is one running git cat-file --batch.
type batch struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

var (
	errClosed  = errors.New("the repository was closed before the file was read")
	errMissing = errors.New("its object is missing from this clone: fetch it again")
	errDamaged = errors.New("git cannot read its object, which is damaged or missing from this clone: fetch it again")
)

// read gives the content of the object, which must be of the given type.
func (b *blobReader) read(id, kind string, limit int64) ([]byte, error) {
	if !isID(id) {
		return nil, fmt.Errorf("%q is not the ID of an object", id)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, errClosed
	}
	if err := b.ensure(); err != nil {
		return nil, err
	}
	data, inStep, err := b.batch.read(id, kind, limit)
	if !inStep {
		b.batch.stop()
		b.batch = nil
	}
	if b.ctx.Err() != nil {
		return nil, context.Cause(b.ctx)
	}
	return data, err
}

func (b *blobReader) ensure() error {
	if b.batch != nil {
		return nil
	}
	cmd := b.start()
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start git: %w", err)
	}
	b.batch = &batch{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 64<<10)}
	return nil
}

func (b *blobReader) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.batch != nil {
		b.batch.stop()
		b.batch = nil
	}
}

// read asks for one object. The answer is "ID type size", a newline, the content,
// a newline; or "ID missing", a newline. After a read that is not in step the
// batch cannot be used again.
func (b *batch) read(id, kind string, limit int64) (data []byte, inStep bool, err error) {
	if _, err := io.WriteString(b.in, id+"\n"); err != nil {
		return nil, false, errDamaged
	}
	header, err := b.out.ReadSlice('\n')
	if err != nil {
		return nil, false, errDamaged // git ends at an object that it cannot read
	}
	fields := strings.Fields(string(header))
	if len(fields) == 2 && fields[1] == "missing" {
		return nil, true, errMissing
	}
	if len(fields) != 3 || fields[0] != id {
		return nil, false, errDamaged
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || size < 0 {
		return nil, false, errDamaged
	}
	if size > limit || fields[1] != kind {
		inStep = size <= maxDrain && b.skip(size+1) == nil
		if fields[1] != kind {
			return nil, inStep, fmt.Errorf("its object is a %s, not a %s", fields[1], kind)
		}
		return nil, inStep, checks.ErrTooLarge
	}
	data = make([]byte, size+1)
	if _, err := io.ReadFull(b.out, data); err != nil {
		return nil, false, errDamaged
	}
	return data[:size:size], true, nil
}

func (b *batch) skip(n int64) error {
	_, err := io.CopyN(io.Discard, b.out, n)
	return err
}

// stop ends the process. It only reads, so it may be killed at any time, and a
// kill needs no answer from it.
func (b *batch) stop() {
	b.in.Close()
	b.cmd.Process.Kill()
	b.cmd.Wait()
}

// isID tells whether s is a full object ID, of SHA-1 or SHA-256.
func isID(s string) bool {
	if len(s) != 40 && len(s) != 64 {
		return false
	}
	return strings.Trim(s, "0123456789abcdef") == ""
}
