//go:build unix

package source

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// readFile reads a file that was listed as a regular one. What has taken its place
// since is opened without waiting, and not read.
//
// It asks the system itself: package os would ask twice more for each file whether
// it can be waited for, and how long it is.
func readFile(name string, limit int64) ([]byte, error) {
	file, err := openAtOnce(name)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(file)
	var info syscall.Stat_t
	switch err := again(func() error { return syscall.Fstat(file, &info) }); {
	case err != nil:
		return nil, err
	case info.Mode&syscall.S_IFMT != syscall.S_IFREG:
		return nil, irregular(kindOf(uint32(info.Mode)))
	case info.Size > limit:
		return nil, checks.ErrTooLarge
	}
	return readAll(file, limit, info.Size)
}

// openAtOnce opens a file without following a link and without waiting for the
// other end of a named pipe.
func openAtOnce(name string) (file int, err error) {
	err = again(func() (err error) {
		file, err = syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
		return err
	})
	return file, err
}

// readAll reads a file that was so long when it was opened, up to its end.
func readAll(file int, limit, size int64) ([]byte, error) {
	data := make([]byte, size+1)
	for n := 0; ; {
		var more int
		err := again(func() (err error) {
			more, err = syscall.Read(file, data[n:])
			return err
		})
		if err != nil {
			return nil, err
		}
		n += more
		switch {
		case int64(n) > limit:
			return nil, checks.ErrTooLarge
		case more == 0 || int64(n) == size:
			// A read of a regular file that does not fill the buffer met the end.
			return data[:n:n], nil
		case n == len(data):
			data = append(data, make([]byte, n)...)
		}
	}
}

// again calls a function until no signal interrupts it.
func again(call func() error) error {
	for {
		if err := call(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// kindOf tells the kinds of files apart that irregular words.
func kindOf(mode uint32) fs.FileMode {
	switch mode & syscall.S_IFMT {
	case syscall.S_IFIFO:
		return fs.ModeNamedPipe
	case syscall.S_IFSOCK:
		return fs.ModeSocket
	case syscall.S_IFLNK:
		return fs.ModeSymlink
	case syscall.S_IFDIR:
		return fs.ModeDir
	}
	return fs.ModeDevice
}
