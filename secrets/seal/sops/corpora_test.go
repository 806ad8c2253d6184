package sops

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// TestCorpora encrypts the files of public repositories, which are below the folder
// that GATEHOUSE_CORPORA names. What is encrypted comes back to the byte, and the real
// sops opens every tenth of them. What is encrypted already is left as it is.
func TestCorpora(t *testing.T) {
	root := os.Getenv("GATEHOUSE_CORPORA")
	if root == "" {
		t.Skip("GATEHOUSE_CORPORA names no folder with repositories")
	}
	alice := newPerson(t)
	c := realSOPS(t, alice)
	rules := []Rule{{Groups: dataRule(alice).Groups}, dataRule(alice)}
	number := regexp.MustCompile(`[0-9]+`)
	reasons, example := map[string]int{}, map[string]string{}
	files, encrypted, noted, already, compared := 0, 0, 0, 0, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || FormatOf(path) == Binary {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := d.Name()
		files++
		o := Options{Rule: rules[files%2], Now: testTime}
		isSOPS := sealed.IsSOPS(manifest.Read(name, text, manifest.DefaultLimits()))
		r, err := Encrypt(name, text, o)
		switch {
		case err != nil:
			why := number.ReplaceAllString(err.(*Error).Reason, "N")
			if isSOPS {
				why = "encrypted already: " + why
			}
			if reasons[why]++; reasons[why] == 1 {
				example[why] = path
			}
			return nil
		case isSOPS:
			already++
			if r.Changed {
				t.Errorf("%s is encrypted twice", path)
			}
			return nil
		}
		encrypted++
		plain, err := Decrypt(name, r.Text, Options{Keys: alice.keys()})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return nil
		}
		if len(r.Notes) > 0 {
			noted++
		} else if !bytes.Equal(plain, text) {
			t.Errorf("%s (-want +got):\n%s", path, cmp.Diff(string(text), string(plain)))
		}
		if encrypted%10 == 0 {
			compared++
			out := c.decrypt(t, name, r.Text)
			if FormatOf(name) == YAML || FormatOf(name) == JSON {
				if diff := cmp.Diff(valuesOf(t, text), valuesOf(t, out)); diff != "" {
					t.Errorf("%s (-plain +sops):\n%s", path, diff)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files encrypted, %d of them with notes, %d compared with sops; %d were encrypted already", encrypted, noted, compared, already)
	for why, n := range reasons {
		t.Logf("%5d %s (%s)", n, why, example[why])
	}
}
