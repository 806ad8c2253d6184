package admission

import (
	"context"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/builtin"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// TestExamples holds the examples of the checks of this gate true.
func TestExamples(t *testing.T) {
	for _, c := range Checks() {
		t.Run(c.ID, func(t *testing.T) {
			if len(c.Bad) == 0 || len(c.Good) == 0 {
				t.Fatal("a check needs an example that is found and one that is not")
			}
			for i, bad := range c.Bad {
				if !reports(bad, c) {
					t.Errorf("bad example %d is not found", i)
				}
			}
			for i, good := range c.Good {
				if reports(good, c) {
					t.Errorf("good example %d is found", i)
				}
			}
		})
	}
}

func reports(text string, c checks.Check) bool {
	result := checks.Run(context.Background(), checks.Input{
		Files: []checks.File{fileOf("example.yaml", []byte(text))}, Checks: []checks.Check{c},
		Limits: manifest.DefaultLimits(), FailOn: checks.FailOn(checks.Error), Time: noon,
	})
	return len(result.Findings) > 0 || result.Verdict == checks.VerdictIncomplete
}

func TestDeclarations(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range builtin.All() {
		seen[c.ID] = true
	}
	for _, c := range Checks() {
		switch {
		case seen[c.ID]:
			t.Errorf("%s is the ID of another check", c.ID)
		case c.Title == "" || c.Why == "" || c.Fix == "" || c.Category == "" || c.Severity == 0 || c.Kind() != "document":
			t.Errorf("%s: title, category, severity, why, fix and the function for documents must all be given", c.ID)
		case strings.HasSuffix(c.Title, "."):
			t.Errorf("%s: a title has no full stop", c.ID)
		}
		seen[c.ID] = true
	}
}

func TestUnresolved(t *testing.T) {
	tests := []struct {
		value string
		want  bool
	}{
		{"ENC[AES256_GCM,data:XwTY,iv:abcd=,tag:efgh=,type:str]", true},
		{"<path:secret/data/db#password>", true},
		{"ref+vault://secret/db#/password", true},
		{"secretref+vault://secret/db#/password", true},
		{"vault:secret/data/db#password", false}, // resolved by the program itself
		{"op://vault/item/field", false},
		{"ENC[not really]", false},
		{"<html>", false},
		{"plain", false},
	}
	for _, tt := range tests {
		if got := unresolved("password", tt.value) != ""; got != tt.want {
			t.Errorf("unresolved(%q) = %t, want %t", tt.value, got, tt.want)
		}
	}
}
