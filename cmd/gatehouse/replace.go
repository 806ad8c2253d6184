package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// replaceFile puts new content in the place of a regular file that still holds
// old. A reader sees one or the other and never a part, and whatever ends this
// program on the way leaves one of them whole: the new content goes to a file of
// its own in the same folder, which only its owner can read, down to the disk, and
// takes the place of the old one with the permissions of that. A link is followed.
func replaceFile(path string, old, new []byte) error {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	return writeBeside(path, target, new, func(temporary string) error { return takePlace(target, temporary, old) })
}

// createFile makes a new file with the given permissions, whole or not at all. It takes
// the place of none.
func createFile(path string, new []byte, mode os.FileMode) error {
	return writeBeside(path, path, new, func(temporary string) error {
		if err := os.Chmod(temporary, mode); err != nil {
			return err
		}
		// A link, other than a rename, never replaces what is there.
		if err := os.Link(temporary, path); err != nil {
			if _, there := os.Lstat(path); there == nil {
				return errors.New("there is such a file already")
			}
			return os.Rename(temporary, path) // a file system without links
		}
		syncFolder(filepath.Dir(path))
		return os.Remove(temporary)
	})
}

// writeBeside brings content to the disk beside a file, and has it take its place. path
// is that of the file for people.
func writeBeside(path, target string, content []byte, place func(temporary string) error) error {
	temporary := filepath.Join(filepath.Dir(target), ".gatehouse-"+rand.Text()+".tmp")
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write beside %s: %w", path, cause(err))
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = place(temporary)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(temporary))
	}
	return nil
}

// takePlace renames a finished file over target, if that is still what was read.
func takePlace(target, temporary string, old []byte) error {
	info, err := os.Lstat(target)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file any more")
	}
	if err := os.Chmod(temporary, info.Mode().Perm()); err != nil {
		return err
	}
	now, err := os.ReadFile(target)
	if err != nil {
		return err
	}
	defer clear(now)
	if !bytes.Equal(now, old) {
		return errors.New("it was changed meanwhile, and stays as it is")
	}
	if err := os.Rename(temporary, target); err != nil {
		return err
	}
	syncFolder(filepath.Dir(target))
	return nil
}

// syncFolder brings a rename to the disk where the system can. Without it, a crash
// of the machine may bring the old file back, which is whole.
func syncFolder(path string) {
	if folder, err := os.Open(path); err == nil {
		_ = folder.Sync() // not every file system can
		folder.Close()
	}
}
