package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
	"github.com/gatehouse-dev/gatehouse/codeowners"
)

// ownersFile is a CODEOWNERS file as a host reads it.
type ownersFile struct {
	*codeowners.File
	name     string // from the root of the repository; "" where there is none
	data     []byte
	because  string // why its dialect counts
	location codeowners.Location
	// fallback are the owners that the configuration takes for nobody in particular.
	fallback codeowners.OwnerSet
}

// ownersTree is a work tree with its CODEOWNERS file.
type ownersTree struct {
	file     ownersFile
	root     string
	paths    []string
	settings config.Settings
}

// openOwnersTree lists the work tree that one stands in, and reads the CODEOWNERS
// file that the host would take of it, or the one that the call names.
func (p program) openOwnersTree(ctx context.Context, call ownersCall) (t ownersTree, err error) {
	repo, err := source.Open(ctx, ".")
	if err != nil && !errors.Is(err, source.ErrNotRepository) {
		return t, sourceExitOf(err)
	}
	t.root = "."
	if err == nil {
		defer repo.Close()
		t.root = repo.Root()
	}
	if t.root == "" {
		return t, usage("this is a bare repository, which has no files: name a CODEOWNERS file with --codeowners, or a revision with --base")
	}
	set, err := source.Tree(ctx, repo, t.root, source.Options{})
	if err != nil {
		return t, sourceExitOf(err)
	}
	t.root = set.Root
	for _, f := range set.Files {
		t.paths = append(t.paths, f.Path)
	}
	policies, err := openPolicies(folderPlace(t.root), false)
	if err != nil {
		return t, configExit(err)
	}
	t.settings = policies.settings
	if call.file != "" {
		t.file, err = p.openOwnersFile(call)
	} else {
		d, because := chooseDialect(call.dialect, t.settings.Config.Owners, t.paths)
		t.file, err = hostsFile(d, t.paths, func(name string) ([]byte, error) { return readListed(t.root, set.Files, name) })
		t.file.because = because
	}
	if err != nil {
		return t, err
	}
	t.file.fallback = fallbackOf(t.settings.Config.Owners)
	p.warnOfServer(ctx, repo, call, t)
	return t, nil
}

// chooseDialect says how CODEOWNERS is read: as the call says, else as the
// configuration does, else as the files of the repository show. Checks go by the
// last two, and so never look at the remote, which is another one in each clone.
func chooseDialect(asked codeowners.Dialect, configured *config.Owners, paths []string) (d codeowners.Dialect, because string) {
	switch {
	case asked != "":
		return asked, "--dialect says so"
	case configured != nil && configured.Host != "":
		return codeowners.Dialect(configured.Host), "owners.host in " + config.ConfigPath + " says so"
	}
	return codeowners.Guess("", paths)
}

// warnOfServer says where the remote speaks for another host than the files do.
func (p program) warnOfServer(ctx context.Context, repo *source.Repo, call ownersCall, t ownersTree) {
	if repo == nil || call.file != "" || call.dialect != "" || t.settings.Config.Owners != nil && t.settings.Config.Owners.Host != "" {
		return
	}
	name, err := repo.Name(ctx)
	if err != nil {
		return // it was to be a hint only
	}
	server, _, _ := strings.Cut(name, "/")
	if d, because := codeowners.Guess(server, t.paths); d != t.file.Dialect {
		fmt.Fprintf(p.stderr, "warning: CODEOWNERS is read as %s does, and %s: set owners.host to %s in %s, or pass --dialect %s\n",
			t.file.Dialect.HostName(), because, d, config.ConfigPath, d)
	}
}

func fallbackOf(configured *config.Owners) codeowners.OwnerSet {
	if configured == nil {
		return nil
	}
	return codeowners.NewOwnerSet(configured.Fallback...)
}

// openOwnersFile reads the file that the call names. It may lie anywhere, and be a
// pipe.
func (p program) openOwnersFile(call ownersCall) (ownersFile, error) {
	data, err := readOwnersFile(call.file)
	if errors.Is(err, fs.ErrNotExist) {
		return ownersFile{}, usage("%s: there is no such file", shown(call.file))
	}
	if err != nil {
		return ownersFile{}, unreadOwners(call.file, err)
	}
	slashed := filepath.ToSlash(call.file)
	in := path.Join(path.Base(path.Dir(slashed)), path.Base(slashed))
	d, because := chooseDialect(call.dialect, nil, []string{in})
	return ownersFile{File: codeowners.Parse(data, d), name: call.file, data: data, because: because, location: codeowners.Location{File: call.file}}, nil
}

func readOwnersFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, pathless(err)
	}
	defer f.Close()
	limit := manifest.DefaultLimits().FileBytes
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, checks.ErrTooLarge
	}
	return data, pathless(err)
}

// pathless drops the path from an error that is told with it.
func pathless(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// unreadOwners ends a call whose CODEOWNERS file is there and cannot be had: that
// must never look like a file that names no owners.
func unreadOwners(name string, err error) error {
	return exit{
		code: exitIncomplete, message: fmt.Sprintf("%s cannot be read, so it is not known who owns what: %s", shown(name), shown(err.Error())),
	}
}

// hostsFile reads the CODEOWNERS file that a host takes of a tree.
func hostsFile(d codeowners.Dialect, paths []string, read func(name string) ([]byte, error)) (ownersFile, error) {
	f := ownersFile{location: codeowners.Locate(d, paths)}
	f.name = f.location.File
	if f.name != "" {
		data, err := read(f.name)
		if err != nil {
			return f, unreadOwners(f.name, err)
		}
		f.data = data
	}
	f.File = codeowners.Parse(f.data, d)
	return f, nil
}

// readListed reads a file of a work tree. Of a link, hosts do not say what they
// read, so it is not followed.
func readListed(root string, files []checks.File, name string) ([]byte, error) {
	info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(name)))
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return nil, errors.New("it is a symbolic link, and hosts do not say whether they follow one")
	}
	for _, f := range files {
		switch {
		case f.Path != name:
		case f.Opaque != nil:
			return nil, errors.New(f.Opaque.Reason)
		default:
			return f.Load()
		}
	}
	return nil, fs.ErrNotExist
}

// fallbackOnly tells of an owned path that it has no owner in particular.
func (f ownersFile) fallbackOnly(o codeowners.Ownership) bool {
	if o.State != codeowners.Owned {
		return false
	}
	for _, owner := range o.Owners {
		if !f.fallback.Has(owner) {
			return o.Fallback
		}
	}
	return true
}

// at writes a file with a line of it; line 0 is all of it.
func at(name string, line int) string {
	if line == 0 {
		return shown(name)
	}
	return fmt.Sprintf("%s:%d", shown(name), line)
}
