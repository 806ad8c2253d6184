package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
)

// needsName tells whether a file would be encrypted with SOPS if it had a name that a
// rule matches.
func (w *way) needsName() bool {
	return w.fault == nil && w.rules != nil && w.rules.rule == nil && (w.decided == "" || w.decided == config.MethodSOPS)
}

// sealRenamed encrypts a file under a name that a rule of SOPS matches. The new file is
// whole before the kustomizations name it, and they do before the old one goes: whatever
// ends this on the way, nothing is lost.
func (s *sealing) sealRenamed(w *way, file string, data []byte) error {
	name := w.matching()
	if name == "" {
		return w.unmatched()
	}
	to := filepath.Join(filepath.Dir(file), path.Base(name))
	other, err := s.wayIn(w.root, name)
	if err != nil {
		return err
	}
	m, err := s.transform(filepath.ToSlash(to), other, data)
	if err != nil {
		return err
	}
	if len(m.changes) == 0 {
		s.report(file, m)
		return nil
	}
	edits, err := mentionsOf(w.root, w.name, path.Base(name))
	if err != nil {
		return err
	}
	switch {
	case s.print:
		if err := s.output(to, m.text); err != nil {
			return err
		}
	case !s.dry:
		if err := moveSealed(file, to, m.text, edits); err != nil {
			return err
		}
	}
	s.report(to, m)
	fmt.Fprintf(s.told, "%s: %s to %s\n", printable(filepath.ToSlash(file)), s.would("renamed"), printable(path.Base(name)))
	for _, e := range edits {
		fmt.Fprintf(s.told, "%s: %s the new name\n", printable(e.name), s.would("given"))
	}
	s.done = append(s.done, sealedFile{path: file, folder: filepath.Dir(to), name: w.name, values: m.values})
	return nil
}

func (s *sealing) would(done string) string {
	if s.dry {
		return "would be " + done
	}
	return done
}

func moveSealed(from, to string, text []byte, edits []mention) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return usage("%s is a link, and stays as it is", from)
	}
	if err := createFile(to, text, info.Mode().Perm()); err != nil {
		return err
	}
	for _, e := range edits {
		if err := replaceFile(e.path, e.old, e.new); err != nil {
			return err
		}
	}
	return os.Remove(from)
}

// mention is a kustomization that names a file.
type mention struct {
	path, name string // on the disk, and from the root
	old, new   []byte
}

// mentionsOf are the kustomizations in the folder of a file and above it that name it,
// with its new base name in its place.
func mentionsOf(root, name, base string) (list []mention, err error) {
	for folder := path.Dir(name); ; folder = path.Dir(folder) {
		for _, file := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
			at := path.Join(folder, file)
			text, err := readBelow(root, at)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, usage("read %s: %s", at, cause(err))
			}
			listed := name
			if folder != "." {
				listed = strings.TrimPrefix(name, folder+"/")
			}
			if new, ok := renamedIn(at, text, listed, path.Join(path.Dir(listed), base)); ok {
				list = append(list, mention{path: filepath.Join(root, filepath.FromSlash(at)), name: at, old: text, new: new})
			}
		}
		if folder == "." || folder == "/" {
			return list, nil
		}
	}
}

// renamedIn gives the text of a kustomization with the new name of a file that it lists.
func renamedIn(name string, text []byte, from, to string) ([]byte, bool) {
	lines := strings.SplitAfter(string(text), "\n")
	found := false
	for _, d := range manifest.Read(name, text, manifest.DefaultLimits()).Documents {
		d.Root.Walk(func(_ func() string, n *manifest.Node) bool {
			if n.Kind != manifest.String || path.Clean(n.Text) != from || int(n.At.Line) > len(lines) || n.At.Line == 0 {
				return true
			}
			line := &lines[n.At.Line-1]
			if strings.Count(*line, from) == 1 {
				*line, found = strings.Replace(*line, from, to, 1), true
			}
			return true
		})
	}
	return []byte(strings.Join(lines, "")), found
}
