package sops

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/google/go-cmp/cmp"
)

// TestFilesOfTheModule opens the encrypted files that come with SOPS, of several of its
// versions, and compares with what the real sops makes of them; a value that is set
// changes one line.
func TestFilesOfTheModule(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/getsops/sops/v3").Output()
	folder := strings.TrimSpace(string(out))
	if err != nil || folder == "" {
		t.Skipf("the module of SOPS is not at hand: %v", err)
	}
	private, err := os.ReadFile(filepath.Join(folder, "pgp", "sops_functional_tests_key.asc"))
	if err != nil {
		t.Fatal(err)
	}
	keys := Keys{PGP: PGP{Private: [][]byte{private}}}
	c := realSOPS(t)
	ring, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(private))
	if err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	for _, key := range ring {
		if err := key.SerializePrivateWithoutSigning(&raw, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(c.folder, "secring.gpg"), raw.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	c.environment = append(c.environment, "GNUPGHOME="+c.folder)
	files, err := filepath.Glob(filepath.Join(folder, "functional-tests", "res", "*"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(folder, "example.*"))
	if err != nil {
		t.Fatal(err)
	}
	opened := 0
	for _, file := range append(files, more...) {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			plain, err := Decrypt(name, text, Options{Keys: keys})
			theirs, _, theirErr := c.run(t, name, text, "decrypt", "FILE")
			if err != nil || theirErr != nil {
				if (err == nil) != (theirErr == nil) {
					t.Errorf("we: %v; sops: %v", err, theirErr)
				}
				t.Log(err)
				return
			}
			opened++
			if FormatOf(name) == Binary {
				if diff := cmp.Diff(theirs, plain); diff != "" {
					t.Errorf("(-sops +we):\n%s", diff)
				}
				return
			}
			if diff := cmp.Diff(valuesIn(t, name, theirs), valuesIn(t, name, plain)); diff != "" {
				t.Errorf("(-sops +we):\n%s", diff)
			}
			same, err := Edit(name, text, plain, Options{Keys: keys})
			if err != nil || same.Changed {
				t.Errorf("edited without a change: %v, changed %v", err, same.Changed)
			}
			leaves := coveredLeaves(t, name, text)
			set, err := Set(name, text, placeOf(leaves[0]), []byte("changed"), Options{Keys: keys})
			if err != nil {
				t.Fatalf("set %s: %v", leaves[0].path(), err)
			}
			if lines, ok := changedLines(text, set.Text); !ok || len(lines) != 1 {
				t.Errorf("set: changed lines %v", lines)
			}
			c.decrypt(t, name, set.Text)
		})
	}
	if opened < 8 {
		t.Errorf("only %d files were opened", opened)
	}
}
