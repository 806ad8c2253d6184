//go:build !unix

package source

import (
	"errors"
	"os"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// readFile reads a regular file, and compares what it opened with what it looked at.
// This system has no named pipes among its files.
func readFile(name string, limit int64) ([]byte, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, withoutPath(err)
	}
	if !info.Mode().IsRegular() {
		return nil, irregular(info.Mode())
	}
	if info.Size() > limit {
		return nil, checks.ErrTooLarge
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer file.Close()
	opened, err := file.Stat()
	if err != nil {
		return nil, withoutPath(err)
	}
	if !os.SameFile(info, opened) {
		return nil, errReplaced
	}
	return readUpTo(file, limit, opened.Size())
}

var errReplaced = errors.New("it was replaced while it was read")
