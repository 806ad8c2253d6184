package config

import (
	"errors"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks"
)

// shelf is a catalogue that counts how often it is asked.
type shelf struct {
	broken bool // some policies could not be read
	few    int
	all    int
}

func (s *shelf) catalogue(_ Policies, all bool) ([]Policy, bool) {
	few := []Policy{
		{Check: checks.Check{ID: "label-required", Category: checks.Policy}, Parameters: []string{"labels", "kinds"}},
		{Check: checks.Check{ID: "open-policy", Category: checks.Policy}, Open: true},
	}
	if !all {
		s.few++
		return few, true
	}
	s.all++
	return append(few, Policy{Check: checks.Check{ID: "main-deny", Category: checks.Policy}}), !s.broken
}

// TestBadPolicies holds every fault of what a configuration says of policies.
func TestBadPolicies(t *testing.T) {
	for _, file := range txtar.Parse(testdata(t, "bad-policies.txtar")).Files {
		t.Run(file.Name, func(t *testing.T) {
			s := &shelf{}
			_, err := LoadWithPolicies(tree(map[string]string{ConfigPath: string(file.Data)}), running, known(), s.catalogue)
			var list Errors
			if !errors.As(err, &list) {
				t.Fatalf("the error is %v, want Errors", err)
			}
			got := strings.Split(strings.ReplaceAll(list.Error(), ConfigPath, "f"), "\n")
			slices.Sort(got)
			if diff := gocmp.Diff(wants(t, file.Data), got); diff != "" {
				t.Errorf("the faults (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPoliciesAreLookedForWhereTheyAreNamed holds what it costs to name things.
func TestPoliciesAreLookedForWhereTheyAreNamed(t *testing.T) {
	waiver := "version: 1\nwaivers:\n  - {check: main-deny, object: {apiVersion: v1, kind: Pod, name: web}, reason: r, owner: o, expires: 2030-01-01}\n"
	tests := []struct {
		name            string
		config, waivers string
		broken          bool
		few, all        int
		fault           string
	}{
		{"nothing", "version: 1\n", "", false, 0, 0, ""},
		{"checks", "version: 1\nseverities: {host-path: error, policy: notice}\npolicies: {library: false}\n", "", false, 0, 0, ""},
		{"a policy of the few", "version: 1\nseverities: {label-required: error}\n", "", false, 1, 0, ""},
		{"a rule", "version: 1\noverrides: [{paths: [a], checks: [main-deny], severity: error}]\n", "", false, 1, 1, ""},
		{"a waiver of a rule", "", waiver, false, 1, 1, ""},
		{"none of them", "version: 1\nseverities: {main-dney: error}\n", "", false, 1, 1, `did you mean "main-deny"?`},
		{"perhaps one that is broken", "version: 1\nseverities: {main-dney: error}\npolicies: {parameters: {x: {a: 1}}}\n", "", true, 1, 1, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := map[string]string{}
			for name, text := range map[string]string{ConfigPath: test.config, WaiversPath: test.waivers} {
				if text != "" {
					files[name] = text
				}
			}
			s := &shelf{broken: test.broken}
			_, err := LoadWithPolicies(tree(files), running, known(), s.catalogue)
			if fault := errorText(err); (test.fault == "") != (fault == "") || !strings.Contains(fault, test.fault) {
				t.Errorf("the error is %q, want %q", fault, test.fault)
			}
			if s.few != test.few || s.all != test.all {
				t.Errorf("the catalogue was asked %d and %d times, want %d and %d", s.few, s.all, test.few, test.all)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestParametersAsWritten(t *testing.T) {
	s := &shelf{}
	settings, err := LoadWithPolicies(tree(map[string]string{ConfigPath: "version: 1\npolicies:\n  parameters:\n    label-required:\n      labels: [team]\n"}), running, known(), s.catalogue)
	if err != nil {
		t.Fatal(err)
	}
	n := settings.Parameters["label-required"].Get("labels")
	if n == nil || n.Place().Line != 5 || n.Items[0].Str() != "team" {
		t.Errorf("the parameter is %+v", n)
	}
}

// TestDigestOfPolicies holds that what is written out though it is the default
// changes nothing, and everything else does.
func TestDigestOfPolicies(t *testing.T) {
	digest := func(policies string) string {
		return load(t, map[string]string{ConfigPath: "version: 1\n" + policies}).Digest
	}
	if digest("") != digest("policies: {library: true}\n") {
		t.Error("the default has another digest than nothing")
	}
	seen := map[string]string{}
	for _, text := range []string{"", "{library: false}", "{enable: [a]}", "{disable: [a]}", "{paths: [a]}", "{data: [a]}", `{targetVersion: "1.34"}`, "{parameters: {a: {b: 1}}}", "{parameters: {a: {b: 2}}}"} {
		policies := ""
		if text != "" {
			policies = "policies: " + text + "\n"
		}
		d := digest(policies)
		if other, ok := seen[d]; ok {
			t.Errorf("%q and %q have one digest", text, other)
		}
		seen[d] = text
	}
}
