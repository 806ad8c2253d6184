package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// abandonVariable makes the test binary start a cluster, say its address, and wait to be killed.
const abandonVariable = "CLUSTER_TEST_ABANDON"

func TestMain(m *testing.M) {
	if folder := os.Getenv(abandonVariable); folder != "" {
		c, err := Up(context.Background(), Options{Folder: folder})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(c.URL)
		select {}
	}
	os.Exit(m.Run())
}

func TestServersEndWithTheCluster(t *testing.T) {
	c := Start(t, Options{})
	if err := c.Down(); err != nil {
		t.Fatal(err)
	}
	for _, p := range c.running {
		if err := syscall.Kill(p.id, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("%s still runs: %v", p.name, err)
		}
	}
	if _, err := os.Stat(c.Folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary folder still stands: %v", err)
	}
	if err := c.Down(); err != nil {
		t.Errorf("second Down: %v", err)
	}
}

func TestServersEndWithAKilledTest(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real API server")
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ties the servers' life to the test binary")
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), abandonVariable+"="+t.TempDir())
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	url, readErr := bufio.NewReader(output).ReadString('\n')
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// It was killed, so it ends with an error.
	_ = child.Wait()
	if readErr != nil {
		t.Fatalf("the child said no address: %v", readErr)
	}
	eventually(t, func() error {
		_, err := fetch(t.Context(), strings.Replace(strings.TrimSpace(url), "https:", "http:", 1))
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return fmt.Errorf("the API server still listens: %v", err)
		}
		return nil
	})
}

func TestFailedStartShowsTheLog(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real API server")
	}
	_, err := Up(t.Context(), Options{Flags: []string{"--no-such-flag"}})
	if err == nil || !strings.Contains(err.Error(), "unknown flag: --no-such-flag") {
		t.Errorf("error is %v, want the server's own words", err)
	}
}

// TestServerIsBuiltOnce builds a program of a few lines as a server is built.
func TestServerIsBuiltOnce(t *testing.T) {
	const tinyModule = "module example.com/tiny\n\ngo 1.26\n\nrequire example.com/pinned v1.2.3\n\nreplace example.com/pinned => ./pinned\n"
	module, cache := t.TempDir(), t.TempDir()
	for name, content := range map[string]string{
		"go.mod":         tinyModule,
		"go.sum":         "",
		"main.go":        "package main\n\nimport \"example.com/pinned\"\n\nvar version string\n\nfunc main() { println(version + pinned.Name) }\n",
		"pinned/go.mod":  "module example.com/pinned\n\ngo 1.26\n",
		"pinned/name.go": "package pinned\n\nconst Name = \" original\"\n",
	} {
		write(t, filepath.Join(module, name), content)
	}
	tiny := server{
		name: "tiny", module: "example.com/pinned", program: "example.com/tiny", minutes: "1 second",
		linker: func(version string) string { return " -X main.version=" + version },
		edit: func(_ context.Context, module, scratch string) (string, error) {
			write(t, filepath.Join(scratch, "pinned", "go.mod"), "module example.com/pinned\n\ngo 1.26\n")
			write(t, filepath.Join(scratch, "pinned", "name.go"), "package pinned\n\nconst Name = \" edited\"\n")
			write(t, filepath.Join(scratch, "go.mod"), strings.Replace(tinyModule, "./pinned", scratch+"/pinned", 1))
			return filepath.Join(scratch, "go.mod"), nil
		},
	}

	var said announcements
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if _, err := tiny.find(t.Context(), module, cache, said.logf); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if builds := said.count("building tiny v1.2.3 once"); builds != 1 {
		t.Errorf("built %d times, want once; said:\n%s", builds, said.text.String())
	}

	var again announcements
	program, err := tiny.find(t.Context(), module, cache, again.logf)
	if err != nil {
		t.Fatal(err)
	}
	if again.text.Len() > 0 {
		t.Errorf("a built server is announced again: %s", again.text.String())
	}
	output, err := exec.Command(program).CombinedOutput()
	if err != nil || string(output) != "v1.2.3 edited\n" {
		t.Errorf("the program says %q (%v)", output, err)
	}

	write(t, filepath.Join(module, "go.sum"), "\n")
	other, err := tiny.find(t.Context(), module, cache, again.logf)
	if err != nil {
		t.Fatal(err)
	}
	if other == program {
		t.Error("another go.sum found the old program")
	}
	leftovers, err := filepath.Glob(filepath.Join(cache, "*", "build-*"))
	if err != nil || len(leftovers) > 0 {
		t.Errorf("left in the cache: %v (%v)", leftovers, err)
	}
}

func TestLockGivesUpWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lock(t.Context(), path, func() { t.Error("waited for a free lock") })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	waited := 0
	if _, err := lock(ctx, path, func() { waited++ }); !errors.Is(err, context.DeadlineExceeded) || waited != 1 {
		t.Errorf("a held lock: %v, waiting was called %d times", err, waited)
	}
	unlock()
	if unlock, err = lock(t.Context(), path, func() { t.Error("waited for a freed lock") }); err != nil {
		t.Fatal(err)
	}
	unlock()
}

// announcements collects what a build says, from several goroutines.
type announcements struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (a *announcements) logf(format string, args ...any) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	fmt.Fprintf(io.Writer(&a.text), format+"\n", args...)
}

func (a *announcements) count(words string) int {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return strings.Count(a.text.String(), words)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
