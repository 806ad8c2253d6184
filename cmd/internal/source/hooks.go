package source

import (
	"context"
	"path/filepath"
	"strings"
)

// HooksDir is the absolute folder from which git runs the hooks of this
// repository: what core.hooksPath names, relative to the root of the work tree,
// or the folder hooks that all its work trees share. It need not exist.
func (r *Repo) HooksDir(ctx context.Context) (string, error) {
	list, err := r.config(ctx, `^core\.hookspath$`, "--type=path")
	if err != nil {
		return "", err
	}
	// The last value is our own, which keeps hooks from running here.
	if len(list) > 1 {
		if path := list[len(list)-2].value; path != "" {
			return anchoredAt(r.root, path), nil
		}
	}
	reply, err := r.git.run(ctx, "rev-parse", "--git-common-dir")
	if err != nil {
		return "", err
	}
	return filepath.Join(anchoredAt(r.git.dir, strings.TrimSuffix(string(reply.out), "\n")), "hooks"), nil
}

func anchoredAt(folder, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(folder, path)
}
