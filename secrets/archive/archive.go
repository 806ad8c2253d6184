// Package archive opens the archives that lie in config repositories, such as the
// packed charts of Helm: tar, zip, gzip and bzip2, one inside another.
//
// It takes bytes and gives the files inside, bounded. It does not know what they
// are, and writes nothing anywhere.
package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Limits bound what opening one archive may cost.
type Limits struct {
	Bytes   int64 // of all members together, inflated
	Members int   // files in it, those of inner archives included
	Depth   int   // archives inside archives
}

// DefaultLimits returns the limits that hold unless a caller sets its own.
func DefaultLimits() Limits { return Limits{Bytes: 64 << 20, Members: 20_000, Depth: 3} }

// Names of the limits, as they stand in reasons and in the documentation.
const (
	LimitBytes   = "archive-bytes"
	LimitMembers = "archive-members"
	LimitDepth   = "archive-depth"
)

// Table lists the limits by name with their values and what they bound, for
// documentation.
func (l Limits) Table() [][3]string {
	return [][3]string{
		{LimitBytes, fmt.Sprintf("%d MiB", l.Bytes>>20), "what the files of one archive may come to, inflated"},
		{LimitMembers, fmt.Sprint(l.Members), "files in one archive, those of inner archives included"},
		{LimitDepth, fmt.Sprint(l.Depth), "archives inside archives"},
	}
}

// The errors of Walk. None holds anything of the content.
var (
	ErrDamaged   = errors.New("the archive cannot be unpacked to its end")
	ErrEncrypted = errors.New("the archive is encrypted, so that its files cannot be read")
)

// overLimit is the error of an archive that goes over a limit.
type overLimit string

func (e overLimit) Error() string { return "the archive is over the limit " + string(e) }

// Is tells whether data begins as an archive that Walk opens.
func Is(data []byte) bool { return formOf(data) != "" }

// The forms, by the bytes with which they begin: RFC 1952, PKWARE APPNOTE 4.3.7,
// bzip2, and POSIX.1-1988 ustar, whose magic stands at offset 257.
func formOf(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b, 8}):
		return "gzip"
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return "zip"
	case len(data) > 3 && bytes.HasPrefix(data, []byte("BZh")) && data[3] >= '1' && data[3] <= '9':
		return "bzip2"
	case len(data) > 262 && string(data[257:262]) == "ustar":
		return "tar"
	}
	return ""
}

// Walk calls visit for every file in the archive data, with its path inside; those
// of an inner archive stand behind the path of that one and a slash. A gzip or
// bzip2 file that holds no tar has one member with an empty path. The slice that
// visit is given is its own. An error of visit ends the walk and is returned;
// other errors are ErrDamaged, ErrEncrypted or one that names a limit, and what
// could be read up to there has been visited.
func Walk(data []byte, lim Limits, visit func(name string, data []byte) error) error {
	w := walker{bytes: lim.Bytes, members: lim.Members, visit: visit}
	return w.open("", data, lim.Depth)
}

type walker struct {
	bytes   int64 // left
	members int   // left
	visit   func(name string, data []byte) error
}

// open walks one archive. prefix is its own path, and depth how many archives may
// lie in each other from here on.
func (w *walker) open(prefix string, data []byte, depth int) error {
	if depth == 0 {
		return overLimit(LimitDepth)
	}
	switch formOf(data) {
	case "gzip":
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return ErrDamaged
		}
		return w.inflated(prefix, r, depth)
	case "bzip2":
		return w.inflated(prefix, bzip2.NewReader(bytes.NewReader(data)), depth)
	case "zip":
		return w.zip(prefix, data, depth)
	case "tar":
		return w.tar(prefix, bytes.NewReader(data), depth)
	}
	return w.member(prefix, data)
}

// inflated walks what a compressed file holds: a tar is read as it comes, and
// anything else as a whole.
func (w *walker) inflated(prefix string, r io.Reader, depth int) error {
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return ErrDamaged
	}
	whole := io.MultiReader(bytes.NewReader(head[:n]), r)
	if formOf(head[:n]) == "tar" {
		return w.tar(prefix, whole, depth)
	}
	content, err := w.read(whole)
	if err != nil {
		return err
	}
	if formOf(content) == "" {
		return w.member(prefix, content)
	}
	return w.open(prefix, content, depth-1)
}

func (w *walker) tar(prefix string, r io.Reader, depth int) error {
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return ErrDamaged
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if err := w.inner(path.Join(prefix, header.Name), archive, depth); err != nil {
			return err
		}
	}
}

func (w *walker) zip(prefix string, data []byte, depth int) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return ErrDamaged
	}
	for _, f := range archive.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		if f.Flags&1 != 0 {
			return ErrEncrypted
		}
		r, err := f.Open()
		if err != nil {
			return ErrDamaged
		}
		err = w.inner(path.Join(prefix, f.Name), r, depth)
		r.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// inner visits one file of an archive, or what lies in it.
func (w *walker) inner(name string, r io.Reader, depth int) error {
	content, err := w.read(r)
	if err != nil {
		return err
	}
	if formOf(content) != "" {
		return w.open(name, content, depth-1)
	}
	return w.member(name, content)
}

func (w *walker) member(name string, content []byte) error {
	if w.members == 0 {
		return overLimit(LimitMembers)
	}
	w.members--
	return w.visit(name, content)
}

// read reads r to its end, or to the limit of what is left.
func (w *walker) read(r io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, w.bytes+1))
	if err != nil {
		return nil, ErrDamaged
	}
	if int64(len(content)) > w.bytes {
		return nil, overLimit(LimitBytes)
	}
	w.bytes -= int64(len(content))
	return content, nil
}
