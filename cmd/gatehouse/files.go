package main

import (
	"io"
	"os"
	"path/filepath"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// readBelow reads a regular file below a folder, never through a link that leaves
// it, up to the size limit of all files.
func readBelow(folder, name string) ([]byte, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	limit := manifest.DefaultLimits().FileBytes
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		return nil, checks.ErrTooLarge
	}
	return data, err
}

// below returns path from the folder root, with slashes; "" for root itself, and
// for a file its folder.
func below(root, path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(absolute); err == nil {
		absolute = real
	}
	if info, err := os.Stat(absolute); err == nil && !info.IsDir() {
		absolute = filepath.Dir(absolute)
	}
	relative, err := filepath.Rel(root, absolute)
	if err != nil || relative == "." {
		return "", err
	}
	return filepath.ToSlash(relative), nil
}
