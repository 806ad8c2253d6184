package conftest

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/policies/conftest"
	"github.com/gatehouse-dev/gatehouse/policies/formats"
)

// maxBytes is the size from which a file is refused.
const maxBytes = 32 << 20

// input is a file that is tested.
type input struct {
	name string // as it was given, or found below a folder that was
	data []byte
	text formats.Text
}

// redact returns what cuts the secret values of the file out of a text.
func (f input) redact() func(string) string { return checks.Redactor(filepath.ToSlash(f.name), f.data) }

// inputs reads files as they are named on the command line. One that cannot be read
// is an error, and so is a format that is not read here: nothing is left out.
func (p Program) inputs(names []string, ignore, parser string) ([]input, error) {
	paths, err := listed(names, ignore)
	if err != nil {
		return nil, err
	}
	var files []input
	var unread []string
	for _, name := range paths {
		format := parser
		if format == "" {
			format = formats.Of(filepath.ToSlash(name))
		}
		if format == "" {
			return nil, fmt.Errorf("%s: no parser reads files of this name; --parser names one", name)
		}
		data, err := p.read(name)
		if err != nil {
			return nil, err
		}
		text, err := formats.Read(format, name, data)
		if err != nil {
			unread = append(unread, name+": "+err.Error())
			continue
		}
		files = append(files, input{name, data, text})
	}
	switch {
	case len(unread) > 0:
		return nil, fmt.Errorf("nothing was tested, since these files cannot be read (--ignore leaves files out):\n  %s", strings.Join(unread, "\n  "))
	case len(files) == 0:
		return nil, fmt.Errorf("no files found")
	}
	return files, nil
}

func (p Program) read(name string) ([]byte, error) {
	if name == formats.Stdin {
		data, err := io.ReadAll(io.LimitReader(p.Stdin, maxBytes+1))
		if err != nil {
			return nil, fmt.Errorf("read the standard input: %w", err)
		}
		return data, bounded("the standard input", int64(len(data)))
	}
	return readFile(name)
}

func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if err := bounded(name, info.Size()); err != nil {
		return nil, err
	}
	return os.ReadFile(name)
}

func bounded(name string, size int64) error {
	if size > maxBytes {
		return fmt.Errorf("%s is larger than %d MiB", name, maxBytes>>20)
	}
	return nil
}

// listed gives the paths of files, each once: those that are named, and those below
// folders whose names tell a format. A name that is empty is left out.
func listed(names []string, ignore string) ([]string, error) {
	var pattern *regexp.Regexp
	if ignore != "" {
		var err error
		if pattern, err = regexp.Compile(ignore); err != nil {
			return nil, fmt.Errorf("--ignore: %w", err)
		}
	}
	var paths []string
	add := func(name string) {
		if (pattern == nil || !pattern.MatchString(name)) && !slices.Contains(paths, name) {
			paths = append(paths, name)
		}
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		if name == formats.Stdin {
			paths = append(paths, name)
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			add(name)
			continue
		}
		found, err := below(name, true)
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			if formats.Of(filepath.ToSlash(file)) != "" {
				add(file)
			}
		}
	}
	return paths, nil
}

// below lists the files at a path and below it, in the order of their names. Links are
// followed, and each folder is entered once. Where resolved is set, what a link leads to
// goes by its own path.
func below(name string, resolved bool) ([]string, error) {
	var files []string
	err := walk{resolved, map[string]bool{}}.at(name, &files)
	return files, err
}

type walk struct {
	resolved bool
	seen     map[string]bool
}

func (w walk) at(name string, files *[]string) error {
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Lstat(target)
	if err != nil {
		return err
	}
	if w.resolved {
		name = target
	}
	if !info.IsDir() {
		if info.Mode().IsRegular() {
			*files = append(*files, name)
		}
		return nil
	}
	if w.seen[target] {
		return nil
	}
	w.seen[target] = true
	entries, err := os.ReadDir(target)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := w.at(filepath.Join(name, e.Name()), files); err != nil {
			return err
		}
	}
	return nil
}

// policyFiles reads the modules at paths and below them.
func policyFiles(paths []string) ([]conftest.Source, error) {
	var sources []conftest.Source
	for _, given := range paths {
		list, err := below(given, false)
		if err != nil {
			return nil, err
		}
		for _, name := range list {
			if filepath.Ext(name) != ".rego" || slices.ContainsFunc(sources, func(s conftest.Source) bool { return s.Path == filepath.ToSlash(name) }) {
				continue
			}
			data, err := readFile(name)
			if err != nil {
				return nil, err
			}
			sources = append(sources, conftest.Source{Path: filepath.ToSlash(name), Data: data})
		}
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("no policies found in %v", paths)
	}
	return sources, nil
}

// dataFiles reads the files of data at paths and below them, each named as it stands
// below its folder.
func dataFiles(paths []string) ([]conftest.Source, error) {
	var sources []conftest.Source
	for _, given := range paths {
		list, err := below(given, false)
		if err != nil {
			return nil, err
		}
		for _, name := range list {
			if !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)) {
				continue
			}
			data, err := readFile(name)
			if err != nil {
				return nil, err
			}
			place, err := filepath.Rel(given, name)
			if err != nil {
				return nil, err
			}
			if place == "." {
				place = path.Base(filepath.ToSlash(name))
			}
			sources = append(sources, conftest.Source{Path: filepath.ToSlash(place), Data: data})
		}
	}
	return sources, nil
}
