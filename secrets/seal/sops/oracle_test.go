package sops

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

// person is somebody with a key of age.
type person struct {
	identity *age.X25519Identity
}

func newPerson(t testing.TB) person {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return person{id}
}

func (p person) recipient() Recipient {
	return Recipient{Type: "age", ID: p.identity.Recipient().String()}
}

func (p person) keys() Keys { return Keys{Age: []age.Identity{p.identity}} }

// command is the real sops with the private keys of some people.
type command struct {
	program, folder string
	environment     []string
}

func realSOPS(t testing.TB, people ...person) command {
	t.Helper()
	c := command{program: cluster.SOPS(t), folder: t.TempDir()}
	var keys bytes.Buffer
	for _, p := range people {
		keys.WriteString(p.identity.String() + "\n")
	}
	file := filepath.Join(c.folder, "keys.txt")
	if err := os.WriteFile(file, keys.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	c.environment = []string{"HOME=" + c.folder, "PATH=" + os.Getenv("PATH"), "SOPS_AGE_KEY_FILE=" + file}
	return c
}

// run runs sops on a file of the given name and content, and returns what it says and
// what the file is afterwards.
func (c command) run(t testing.TB, name string, content []byte, args ...string) (out, after []byte, err error) {
	t.Helper()
	file := filepath.Join(c.folder, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range args {
		if args[i] == "FILE" {
			args[i] = file
		}
	}
	run := exec.Command(c.program, args...)
	run.Dir, run.Env = c.folder, c.environment
	var stderr bytes.Buffer
	run.Stderr = &stderr
	out, err = run.Output()
	if err != nil {
		t.Logf("sops %s: %v: %s", strings.Join(args, " "), err, stderr.String())
	}
	after, readErr := os.ReadFile(file)
	if readErr != nil {
		t.Fatal(readErr)
	}
	return out, after, err
}

// decrypt has sops decrypt a file, which fails the test if the MAC does not fit.
func (c command) decrypt(t testing.TB, name string, content []byte) []byte {
	t.Helper()
	out, _, err := c.run(t, name, content, "decrypt", "FILE")
	if err != nil {
		t.Errorf("sops does not decrypt %s:\n%s", name, content)
	}
	return out
}
