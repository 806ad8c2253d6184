package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/source"
)

// place is where a side keeps its configuration and its policies: a folder, a list
// of files, or a revision.
type place struct {
	// read gives a file; the error is fs.ErrNotExist where there is none.
	read func(name string) ([]byte, error)
	// list names the files at a path or below it; none is no error.
	list func(name string) ([]string, error)
}

// nowhere has no files.
func nowhere() place {
	return place{
		read: func(string) ([]byte, error) { return nil, fs.ErrNotExist },
		list: func(string) ([]string, error) { return nil, nil },
	}
}

// folderPlace is a folder as it lies on the disk.
func folderPlace(folder string) place {
	return place{
		read: func(name string) ([]byte, error) { return readBelow(folder, name) },
		list: func(name string) ([]string, error) { return listBelow(folder, name) },
	}
}

// filesPlace is what a list of files holds.
func filesPlace(files []checks.File) place {
	return place{
		read: func(name string) ([]byte, error) { return readOf(files, name) },
		list: func(name string) ([]string, error) {
			var paths []string
			for _, f := range files {
				if isBelow(f.Path, name) && !f.Message && f.Commit == "" {
					paths = append(paths, f.Path)
				}
			}
			return paths, nil
		},
	}
}

// revisionPlace is a revision of a repository.
func revisionPlace(ctx context.Context, repo *source.Repo, rev string) place {
	return place{
		read: func(name string) ([]byte, error) { return repo.ReadAt(ctx, rev, name, source.Options{}) },
		list: func(name string) ([]string, error) {
			files, err := repo.ListAt(ctx, rev, name, source.Options{})
			var paths []string
			for _, f := range files {
				paths = append(paths, f.Path)
			}
			return paths, err
		},
	}
}

// isBelow tells whether a path is another one or lies below it.
func isBelow(path, folder string) bool {
	rest, ok := strings.CutPrefix(path, folder)
	return ok && (rest == "" || rest[0] == '/')
}

// listBelow names the files at a path below a folder, never through a link that
// leaves it.
func listBelow(folder, name string) ([]string, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var paths []string
	err = fs.WalkDir(root.FS(), name, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path == name:
			return fs.SkipAll
		case err != nil:
			return err
		case e.IsDir() && strings.HasPrefix(e.Name(), "..") && path != name:
			return fs.SkipDir // where a mounted ConfigMap keeps what its files link to
		case !e.IsDir():
			paths = append(paths, path)
		}
		return nil
	})
	return paths, err
}
