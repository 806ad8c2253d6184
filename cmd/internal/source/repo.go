package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Repo is a git repository, open for reading.
type Repo struct {
	git   git
	root  string // of the work tree; "" if bare
	blobs *blobReader
}

// Open opens the repository that holds path, a file or folder that exists.
// Variables such as GIT_DIR and GIT_INDEX_FILE, which git sets for hooks, hold
// for paths in the work tree that they belong to, and for no other repository.
//
// ctx bounds the life of the process that Load of all files reads from; Close
// ends it. The error is ErrNotRepository outside a repository, and an *Incomplete
// where git refuses a repository of another owner.
func Open(ctx context.Context, path string) (*Repo, error) {
	dir, err := folderOf(path)
	if err != nil {
		return nil, err
	}
	if !inHook() {
		return open(ctx, dir, environment(false))
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	named, err := open(ctx, here, environment(true))
	if errors.Is(err, ErrNotRepository) {
		return open(ctx, dir, environment(false))
	}
	if err != nil {
		return nil, err
	}
	top := named.root
	if top == "" {
		top = named.git.dir
	}
	if dir == top {
		return named, nil
	}
	if !within(dir, top) {
		return open(ctx, dir, environment(false))
	}
	// A repository inside the work tree, such as a submodule, is another one.
	if inner, err := open(ctx, dir, environment(false)); err == nil && inner.root != top && within(inner.root, top) {
		return inner, nil
	}
	return named, nil
}

// inHook tells whether the environment names a repository.
func inHook() bool {
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); namesRepository(name) {
			return true
		}
	}
	return false
}

// folderOf is the folder that path is or stands in, absolute and without links.
func folderOf(path string) (string, error) {
	path, err := resolved(path)
	if err != nil {
		return "", err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		return path, nil
	}
	return filepath.Dir(path), nil
}

// resolved is path, absolute and without links.
func resolved(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path)
}

// within tells whether path is top or stands below it.
func within(path, top string) bool {
	return path == top || strings.HasPrefix(path, strings.TrimSuffix(top, string(filepath.Separator))+string(filepath.Separator))
}

func open(ctx context.Context, dir string, env []string) (*Repo, error) {
	g := git{dir: dir, env: env, max: maxReply}
	// In a bare repository the first answer comes and the second fails.
	cmd := g.command(ctx, "rev-parse", "--is-bare-repository", "--show-toplevel")
	out, warnings := &capped{max: maxWarnings}, &capped{max: maxWarnings}
	cmd.Stdout, cmd.Stderr = out, warnings
	err := cmd.Run()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	bare, root, _ := strings.Cut(out.kept.String(), "\n")
	r := &Repo{git: g}
	switch {
	case err == nil:
		r.root = filepath.FromSlash(strings.TrimSuffix(root, "\n"))
		r.git.dir = r.root
	case bare != "true":
		return nil, refusal(dir, &gitError{command: "rev-parse", said: warnings.kept.String(), err: err})
	}
	r.blobs = &blobReader{start: func() *exec.Cmd { return r.git.command(ctx, "cat-file", "--batch") }, ctx: ctx}
	return r, nil
}

// refusal says why git did not open the repository of dir.
func refusal(dir string, err *gitError) error {
	switch {
	case errors.Is(err.err, exec.ErrNotFound):
		if !underGit(dir) {
			return notRepository(dir)
		}
		return err
	case strings.Contains(err.said, "not a git repository (or any"), strings.Contains(err.said, "must be run in a work tree"):
		return notRepository(dir)
	case strings.Contains(err.said, "safe.directory"):
		return &Incomplete{
			Reason: "git refuses the repository at " + printable(dir) + " because another user owns it",
			Mend:   trustCommand(dir, err.said),
		}
	case strings.Contains(err.said, "safe.bareRepository"):
		return fmt.Errorf("%s is a bare repository, which is only used where GIT_DIR names it", printable(dir))
	}
	return fmt.Errorf("open the repository at %s: %w", printable(dir), err)
}

func notRepository(dir string) error {
	return fmt.Errorf("%s is %w: name a path in a clone, or make it one with git init", printable(dir), ErrNotRepository)
}

// trustCommand is the command that git itself proposes: it knows the folder that
// it looked at, which may be above dir.
func trustCommand(dir, said string) string {
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "git config --global --add safe.directory ") {
			return printable(line)
		}
	}
	return "git config --global --add safe.directory " + quote(dir)
}

// underGit tells, without git, whether dir seems to be in a repository.
func underGit(dir string) bool {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}

// Close ends the process that files are read from. Load fails after that.
func (r *Repo) Close() error {
	r.blobs.close()
	return nil
}

// Root is the absolute folder of the work tree; "" in a bare repository.
func (r *Repo) Root() string { return r.root }

// Head is the ID of the commit that HEAD names; "" before the first commit.
func (r *Repo) Head(ctx context.Context) (string, error) {
	reply, err := r.git.run(ctx, "rev-parse", "--verify", "--quiet", "HEAD")
	if exitedWith(err, 1) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(reply.out)), nil
}

// commit is the ID of the commit that rev names; "" if this clone has none.
func (r *Repo) commit(ctx context.Context, rev string) (string, error) {
	// A revision never starts with a dash; an option does.
	if rev == "" || strings.HasPrefix(rev, "-") || strings.ContainsAny(rev, "\x00\n") {
		return "", fmt.Errorf("%q is not a revision: name a branch, a tag or a commit", rev)
	}
	reply, err := r.git.run(ctx, "rev-parse", "--verify", "--quiet", rev+"^{commit}")
	if exitedWith(err, 1) || exitedWith(err, 128) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(reply.out)), nil
}
