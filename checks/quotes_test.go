package checks

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestFactsThatQuoteHoldNoSecret holds that what is known to be a secret is cut out of
// facts which quote a file, before they are judged and before they are kept.
func TestFactsThatQuoteHoldNoSecret(t *testing.T) {
	const value = "kX9vQ2mPzL7wR4tY"
	text := "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  password: " + value + "\n"
	seen, kept := "", 0
	check := func(quotes bool) Check {
		return Check{
			ID: "quotes", Category: Policy, Severity: Error, Quotes: quotes,
			Facts: func(d *manifest.Document) []Fact {
				return []Fact{{Kind: "text", Values: []string{"its password is " + d.Root.Lookup("stringData", "password").Text}}}
			},
			Tree: func(_ *Pass, t Tree) error {
				for _, f := range t.Facts {
					seen += f.Values[0]
				}
				return nil
			},
		}
	}
	memory := Memory{
		Version: "1", Recall: func(Key) ([]byte, bool) { return nil, false },
		Keep: func(_ Key, record []byte) {
			kept++
			if strings.Contains(string(record), value) {
				t.Error("the value is kept")
			}
		},
	}
	run(t, Input{Checks: []Check{check(true)}, Memory: memory, Files: []File{textFile("s.yaml", text)}})
	if kept != 1 || !strings.Contains(seen, "its password is ") || strings.Contains(seen, value) {
		t.Errorf("kept %d times, the check saw %q", kept, seen)
	}
	seen = ""
	run(t, Input{Checks: []Check{check(false)}, Files: []File{textFile("s.yaml", text)}})
	if !strings.Contains(seen, value) {
		t.Errorf("without quotes the check saw %q", seen)
	}
}
