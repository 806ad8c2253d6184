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
	repo, err := source.Open(s.ctx, ".")
	if errors.Is(err, source.ErrNotRepository) {
		return usage("this is not a git repository, so nothing is staged")
	}
	if err != nil {
		return sourceExitOf(err)
	}
	defer subject{repo: repo}.close()
	if repo.Root() == "" {
		return usage("this is a bare repository, which has no work tree to seal in")
	}
	files, err := repo.StagedFiles(s.ctx, source.Options{})
	if err != nil {
		return sourceExitOf(err)
	}
	for _, f := range files {
		s.fail(s.sealOneStaged(repo, f))
	}
	if s.sealed == 0 && s.failed.code == 0 {
		fmt.Fprintln(s.told, "nothing to do: no plaintext Secret is staged")
	}
	return nil
}

func (s *sealing) sealOneStaged(repo *source.Repo, f source.StagedFile) error {
	staged, err := f.Load()
	if errors.Is(err, checks.ErrTooLarge) && !isManifestName(f.Path) {
		return nil
	}
	if err != nil {
		return exit{code: exitIncomplete, message: fmt.Sprintf("%s: %s", f.Path, err)}
	}
	defer clear(staged)
	result, err := s.transform(f.Path, repo.Root(), staged)
	var refused *seal.Error
	if errors.As(err, &refused) && refused.Template {
		// Nobody named this file, and a chart has many of them.
		s.remark(f.Path, []seal.Note{{Line: refused.Line, Text: "left as it is: " + refused.Reason}})
		return nil
	}
	if err != nil {
		return err
	}
	if len(result.Sealed) == 0 {
		s.remark(f.Path, result.Left)
		return nil
	}
	if s.print {
		s.report(f.Path, result)
		return errors.Join(s.output(f.Path, result.Text), s.lookIntoCommits(repo, past{name: f.Path}, result.Values))
	}
	there, err := s.inWorkTree(repo.Root(), f.Path, staged, result)
	if err != nil {
		return err
	}
	defer clear(there.old)
	if err := repo.Restage(s.ctx, f, result.Text); err != nil {
		return exit{code: exitUsage, message: fmt.Sprintf("%s: not sealed: %s", f.Path, err)}
	}
	if there.sealed != nil {
		if err := replaceFile(filepath.Join(repo.Root(), filepath.FromSlash(f.Path)), there.old, there.sealed); err != nil {
			return exit{code: exitUsage, message: fmt.Sprintf("%s is sealed in the index, and not in the work tree: %s", f.Path, err), hint: "git restore " + shellWord(f.Path) + " takes it from the index"}
		}
	}
	s.report(f.Path, result)
	fmt.Fprintf(s.told, "%s: staged%s\n", printableName(f.Path), there.note)
	if err := s.lookIntoCommits(repo, past{name: f.Path}, result.Values); err != nil {
		return unknownPast(f.Path, err)
	}
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
func (s *sealing) inWorkTree(root, name string, staged []byte, result seal.Result) (inTree, error) {
	full := filepath.Join(root, filepath.FromSlash(name))
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
		there.sealed = result.Text
		return there, nil
	}
	other, err := s.transform(name, root, there.old)
	if err != nil {
		e := exitOf(err)
		e.message = "not sealed: in the work tree, which differs from the index, " + e.message
		return inTree{}, e
	}
	there.note = "; what differs in the work tree is not staged"
	if len(other.Sealed) > 0 {
		there.sealed = other.Text
	}
	return there, nil
}
