package report

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Output is one wish for a report: a format, and the file that it is for.
type Output struct {
	Format string
	File   string // "" for standard output
}

// ParseOutput reads FORMAT or FORMAT=FILE; the file "-" is standard output. The
// error of an unknown format lists the known ones.
func ParseOutput(s string) (Output, error) {
	format, file, hasFile := strings.Cut(s, "=")
	if !slices.Contains(Formats(), format) {
		return Output{}, unknown("output format", format, Formats())
	}
	if hasFile && file == "" {
		return Output{}, fmt.Errorf("output %q names no file: write %s, or %s=FILE", s, format, format)
	}
	if file == "-" {
		file = ""
	}
	return Output{Format: format, File: file}, nil
}

// ParseOutputs reads all values of the output flag; none asks for text. At most
// one may go to standard output, and no two to one file.
func ParseOutputs(values []string) ([]Output, error) {
	if len(values) == 0 {
		return []Output{{Format: Text}}, nil
	}
	var outputs []Output
	taken := map[string]string{}
	for _, value := range values {
		o, err := ParseOutput(value)
		if err != nil {
			return nil, err
		}
		place := o.File
		if place != "" {
			place = filepath.Clean(place)
		}
		if other, ok := taken[place]; ok {
			return nil, fmt.Errorf("outputs %q and %q go to the same place: give one of them a file of its own, as in %s=FILE", other, value, o.Format)
		}
		taken[place] = value
		outputs = append(outputs, o)
	}
	return outputs, nil
}

// WriteAll writes every output, standard output being stdout. One that fails does
// not keep the others from being written; the error joins all that failed. Files
// get neither colour nor line breaks for a terminal.
func WriteAll(stdout io.Writer, outputs []Output, r Report, opt Options) error {
	var errs []error
	for _, o := range outputs {
		if o.File == "" {
			errs = append(errs, Write(stdout, o.Format, r, opt))
			continue
		}
		plain := opt
		plain.Color, plain.Width = false, 0
		var out bytes.Buffer
		err := Write(&out, o.Format, r, plain)
		if err == nil {
			err = WriteFile(o.File, out.Bytes())
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// WriteFile writes data to path so that a reader sees the old content or the new
// and never a part: to a new file in the same folder that then takes the place of
// path. A link is followed, and an existing file keeps its permissions. What is
// no regular file (a pipe, a terminal) is written to directly.
func WriteFile(path string, data []byte) error {
	target := path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		target = real
	}
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = replace(target, data, nil)
	case err != nil:
	case info.IsDir():
		err = errors.New("it is a folder")
	case !info.Mode().IsRegular():
		err = writeDirectly(target, data)
	default:
		err = replace(target, data, info)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// replace puts a new file in the place of target, which is old, or not there.
func replace(target string, data []byte, old fs.FileInfo) error {
	temporary := filepath.Join(filepath.Dir(target), ".gatehouse-"+rand.Text()+".tmp")
	if err := writeNew(temporary, data); err != nil {
		return err
	}
	var err error
	if old != nil {
		err = os.Chmod(temporary, old.Mode().Perm())
	}
	if err == nil {
		err = os.Rename(temporary, target)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return nil
}

// writeNew writes a file that must not exist yet, down to the disk. It leaves
// nothing behind where that fails.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // less what the umask takes
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func writeDirectly(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
