package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/secrets/seal"
)

// sealStaged seals the Secrets that the next commit brings. What is staged and
// what lies in the work tree may differ; each is sealed for itself, and a value
// that both have becomes the same ciphertext, so that they differ by no more than
// before.
func (s *sealing) sealStaged() error {
	repo, err := s.repoOf(".")
	switch {
	case err != nil:
		return err
	case repo == nil:
		return usage("this is not a git repository, so nothing is staged")
	case repo.Root() == "":
		return usage("this is a bare repository, which has no work tree to seal in")
	}
	files, err := repo.StagedFiles(s.ctx, source.Options{})
	if err != nil {
		return sourceExitOf(err)
	}
	var plans []plan
	for _, f := range files {
		p, err := s.plan(repo, f)
		s.fail(err)
		if p.result != nil {
			defer p.wipe()
			plans = append(plans, p)
		}
	}
	if len(plans) == 0 {
		if s.failed.code == 0 {
			fmt.Fprintln(s.told, "nothing to do: no plaintext Secret is staged")
		}
		return nil
	}
	return s.carryOut(repo, plans)
}

// plan is what becomes of one staged file.
type plan struct {
	file   source.StagedFile
	staged []byte // as it was
	result *made  // nil where there is nothing to seal
	there  inTree
}

func (p plan) wipe() {
	p.result.wipe()
	clear(p.staged)
	clear(p.there.old)
}

// plan seals one staged file, and writes nothing. It has no result where there is
// nothing to seal.
func (s *sealing) plan(repo *source.Repo, f source.StagedFile) (plan, error) {
	staged, err := f.Load()
	if errors.Is(err, checks.ErrTooLarge) && !isManifestName(f.Path) {
		return plan{}, nil
	}
	if err != nil {
		return plan{}, exit{code: exitIncomplete, message: fmt.Sprintf("%s: %s", f.Path, err)}
	}
	w, err := s.wayIn(repo.Root(), f.Path)
	if err != nil {
		return plan{}, err
	}
	result, err := s.transform(f.Path, w, staged)
	var refused *seal.Error
	if errors.As(err, &refused) && refused.Template {
		// Nobody named this file, and a chart has many of them.
		s.remark(f.Path, []seal.Note{{Line: refused.Line, Text: "left as it is: " + refused.Reason}})
		return plan{}, nil
	}
	if err != nil {
		return plan{}, err
	}
	if len(result.changes) == 0 {
		s.remark(f.Path, result.left)
		return plan{}, nil
	}
	p := plan{file: f, staged: staged, result: result}
	if !s.dry {
		if p.there, err = s.inWorkTree(w, staged, result); err != nil {
			result.wipe()
			return plan{}, err
		}
	}
	return p, nil
}

// carryOut writes the index, all files at once, and then the work tree: whatever
// ends it on the way, what the next commit takes is sealed, and a plaintext that is
// nowhere else still lies in the work tree.
func (s *sealing) carryOut(repo *source.Repo, plans []plan) error {
	var list []source.Restaged
	for _, p := range plans {
		if err := s.publish(p.result); err != nil {
			return err
		}
		list = append(list, source.Restaged{File: p.file, Content: p.result.text})
	}
	if !s.dry {
		if err := repo.Restage(s.ctx, list); err != nil {
			return exit{code: exitUsage, message: fmt.Sprintf("nothing is sealed: the index cannot be written: %s", err)}
		}
	}
	for _, p := range plans {
		s.fail(s.finish(repo, p))
	}
	return nil
}

// finish writes the work tree, or prints, and tells.
func (s *sealing) finish(repo *source.Repo, p plan) error {
	path := p.file.Path
	if s.print {
		if err := s.output(path, p.result.text); err != nil {
			return err
		}
	} else if p.there.sealed != nil {
		if err := replaceFile(filepath.Join(repo.Root(), filepath.FromSlash(path)), p.there.old, p.there.sealed); err != nil {
			return exit{code: exitUsage, message: fmt.Sprintf("%s is sealed in the index, and not in the work tree: %s", path, err),
				hint: "git restore " + shellWord(path) + " takes it from the index"}
		}
	}
	s.report(path, p.result)
	if !s.dry {
		fmt.Fprintf(s.told, "%s: staged%s\n", printable(path), p.there.note)
	}
	s.done = append(s.done, sealedFile{path: path, repo: repo, name: path, values: p.result.values})
	return nil
}

func isManifestName(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// inTree is a staged file as it lies in the work tree.
type inTree struct {
	old    []byte
	sealed []byte // nil where nothing is to be written
	note   string
}

// inWorkTree seals the file of the work tree beside the staged one. staged is what
// the index holds, and result what it became.
func (s *sealing) inWorkTree(w *way, staged []byte, result *made) (inTree, error) {
	full := filepath.Join(w.root, filepath.FromSlash(w.name))
	if real, err := filepath.EvalSymlinks(full); err != nil || real != full {
		// Git does not follow links either.
		return inTree{note: "; it is not in the work tree"}, nil
	}
	if info, err := os.Lstat(full); errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return inTree{note: "; it is not in the work tree"}, nil
	}
	there := inTree{}
	var err error
	if there.old, err = readForSealing(full); err != nil {
		return inTree{}, err
	}
	if bytes.Equal(there.old, staged) {
		there.sealed = result.text
		return there, nil
	}
	if result.deposit != nil {
		return inTree{}, exit{code: exitUsage, message: w.name + ": not sealed: the work tree differs from the index, and Vault holds one value of a key",
			hint: "stage the file as it is meant, and seal it again"}
	}
	other, err := s.transform(w.name, w, there.old)
	if err != nil {
		e := exitOf(err)
		e.message = "not sealed: in the work tree, which differs from the index, " + e.message
		return inTree{}, e
	}
	there.note = "; what differs in the work tree is not staged"
	if len(other.changes) > 0 {
		there.sealed = other.text
	}
	return there, nil
}
