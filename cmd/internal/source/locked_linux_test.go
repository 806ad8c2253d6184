package source

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// lockedFolder runs TestFolderThatCannotBeRead again, as nobody if this is root.
func lockedFolder(t *testing.T) {
	top, err := os.MkdirTemp("", "source-locked")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(top)
	s := sandbox{t, filepath.Join(top, "tree")}
	s.write("open", "x", "locked/secret", "y")
	program := filepath.Join(top, "test")
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, data, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run=^TestFolderThatCannotBeRead$")
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "SOURCE_TEST_LOCKED="+s.dir, "HOME="+s.dir)
	locked := filepath.Join(s.dir, "locked")
	if os.Getuid() == 0 {
		const nobody = 65534
		for _, name := range []string{top, program, s.dir, filepath.Join(s.dir, "open"), locked} {
			if err := os.Chown(name, nobody, nobody); err != nil {
				t.Fatal(err)
			}
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if err := os.Chmod(locked, 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(locked, 0o755)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
