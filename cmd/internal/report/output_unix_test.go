//go:build unix

package report_test

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/report"
)

func TestWriteFileKeepsPermissionsAndLinks(t *testing.T) {
	folder, elsewhere := t.TempDir(), t.TempDir()
	target := filepath.Join(elsewhere, "target")
	if err := os.WriteFile(target, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(target, 0o640); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(folder, "link")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if err := report.WriteFile(link, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, error %v", info.Mode(), err)
	}
	if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o640 || info.Size() != 1 {
		t.Errorf("the target is %v, %d bytes, error %v", info.Mode(), info.Size(), err)
	}
	onlyFile(t, elsewhere, "target")
}

func TestAReaderSeesTheOldFileOrTheNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	if err := report.WriteFile(path, []byte("old")); err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := report.WriteFile(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(reader); err != nil || string(got) != "old" {
		t.Errorf("who had the old file open reads %q, error %v", got, err)
	}
}

func TestWriteFileWritesIntoAPipe(t *testing.T) {
	folder := t.TempDir()
	pipe := filepath.Join(folder, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		f, err := os.Open(pipe)
		if err != nil {
			read <- err.Error()
			return
		}
		data, err := io.ReadAll(f)
		if err != nil {
			read <- err.Error()
			return
		}
		_ = f.Close()
		read <- string(data)
	}()
	if err := report.WriteFile(pipe, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(pipe); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Fatalf("the pipe was replaced: %v, error %v", info.Mode(), err)
	}
	if got := <-read; got != "x" {
		t.Errorf("the reader got %q, want %q", got, "x")
	}
	onlyFile(t, folder, "pipe")
}
