package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/builtin"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/config"
	"github.com/gatehouse-dev/gatehouse/policies"
	"github.com/gatehouse-dev/gatehouse/policies/library"
)

// TestLibraryIsDeclaredAsItIs holds what the library's policies were compiled to say of
// themselves against what Rego makes of them, and what is read from their heads.
func TestLibraryIsDeclaredAsItIs(t *testing.T) {
	var source policies.Source
	for name, text := range library.Files() {
		source.Policies = append(source.Policies, policies.File{Path: name, Data: text})
	}
	set, faults := policies.Load(source)
	for _, f := range faults {
		t.Error(f)
	}
	loaded := map[string]checks.Check{}
	for _, c := range policies.Checks(set) {
		loaded[c.ID] = c
	}
	inventory := map[string]bool{}
	for _, o := range set.Own {
		inventory[o.ID] = o.Inventory
	}
	functions := cmpopts.IgnoreFields(checks.Check{}, "Secrets", "File", "Document", "Facts", "FactsOf", "Quotes", "Reads", "Tree", "Transition", "Change", "History", "Waivers")
	for _, d := range libraryDeclarations() {
		want, ok := loaded[d.check.ID]
		if !ok {
			t.Errorf("%s is no policy", d.check.ID)
			continue
		}
		if diff := cmp.Diff(want, d.exemplified().check, functions, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-Rego +declared):\n%s", d.check.ID, diff)
		}
		head, ok := declarationOf("policy.rego", library.Files()[d.check.ID+"/policy.rego"])
		if !ok || head.on != d.on || !slices.Equal(slices.Sorted(slices.Values(head.parameters)), d.parameters) {
			t.Errorf("%s: the head says %v %v, declared is %v %v", d.check.ID, head.on, head.parameters, d.on, d.parameters)
		}
		if d.inventory != inventory[d.check.ID] {
			t.Errorf("%s: looks at the tree: %v", d.check.ID, d.inventory)
		}
		if kind := d.declared().Kind(); kind != want.Kind() {
			t.Errorf("%s judges a %s, declared is a %s", d.check.ID, want.Kind(), kind)
		}
		if !policyID.MatchString(d.check.ID) || d.check.Fix == "" || d.check.Why == "" {
			t.Errorf("%s is declared without an ID, a reason or a fix", d.check.ID)
		}
		delete(loaded, d.check.ID)
	}
	for id := range loaded {
		t.Errorf("%s is not declared", id)
	}
	if len(libraryDeclarations()) < 30 {
		t.Errorf("%d policies are declared", len(libraryDeclarations()))
	}
}

// TestIDsStandOnce holds the IDs of all checks that come with Gatehouse apart.
func TestIDsStandOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range declaredChecks() {
		if seen[c.ID] {
			t.Errorf("%s stands twice", c.ID)
		}
		seen[c.ID] = true
	}
}

// memoryPlace is a place in memory.
func memoryPlace(files map[string]string) place {
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	pl := nowhere()
	pl.read = tree.ReadFile
	pl.list = func(name string) ([]string, error) {
		var paths []string
		for _, file := range sortedNames(files) {
			if isBelow(file, name) {
				paths = append(paths, file)
			}
		}
		return paths, nil
	}
	return pl
}

func sortedNames(files map[string]string) []string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func opened(t *testing.T, files map[string]string) *policySet {
	t.Helper()
	s, err := openPolicies(memoryPlace(files), false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestIdentityOfPolicies holds what a kept verdict, and the digest in a report,
// depend on.
func TestIdentityOfPolicies(t *testing.T) {
	const rule = "package main\n\ndeny contains \"x\" if input.kind == \"Pod\"\n"
	base := map[string]string{".gatehouse/policies/a.rego": rule, ".gatehouse/config.yaml": "version: 1\n"}
	tests := map[string]map[string]string{
		"nothing changed":   {},
		"the rule":          {".gatehouse/policies/a.rego": strings.Replace(rule, "Pod", "Job", 1)},
		"one more":          {".gatehouse/policies/b.rego": "package b\n"},
		"another parameter": {".gatehouse/config.yaml": "version: 1\npolicies: {parameters: {label-required: {labels: [team]}}}\n"},
		"the version":       {".gatehouse/config.yaml": "version: 1\npolicies: {targetVersion: \"1.30\"}\n"},
		"library":           {".gatehouse/config.yaml": "version: 1\npolicies: {library: false}\n"},
		"data":              {".gatehouse/config.yaml": "version: 1\npolicies: {data: [data]}\n", "data/a.yaml": "a: 1\n"},
		"other data":        {".gatehouse/config.yaml": "version: 1\npolicies: {data: [data]}\n", "data/a.yaml": "a: 2\n"},
	}
	identities, digests := map[string]string{}, map[string]string{}
	for name, change := range tests {
		files := map[string]string{}
		for _, layer := range []map[string]string{base, change} {
			for file, text := range layer {
				files[file] = text
			}
		}
		s := opened(t, files)
		if other, ok := identities[s.identity()]; ok {
			t.Errorf("%s and %s have one identity", name, other)
		}
		if other, ok := digests[s.settings.Digest]; ok {
			t.Errorf("%s and %s have one digest", name, other)
		}
		identities[s.identity()], digests[s.settings.Digest] = name, name
	}
	if again := opened(t, base); identities[again.identity()] != "nothing changed" {
		t.Error("the identity is not the same twice")
	}
}

// TestNothingIsLoadedUnasked holds that policies cost nothing where none is asked
// for.
func TestNothingIsLoadedUnasked(t *testing.T) {
	s := opened(t, map[string]string{
		".gatehouse/config.yaml":     "version: 1\n",
		".gatehouse/policies/a.rego": "package main\n\ndeny contains \"x\" if unknown(1)\n",
	})
	for only, meant := range map[string]bool{
		"": true, "policy": true, "references": true, "main-deny": true, "secrets,main-deny": true,
		"secrets": false, "plaintext-secret": false, "manifest,trust": false,
	} {
		list, own := subject{policies: s}.checks(words([]string{only}), nil)
		if meant != (len(own.faults) > 0) || meant != (len(list) > len(builtin.All())) {
			t.Errorf("--only %q: %d checks, %d faults", only, len(list), len(own.faults))
		}
	}
}

func TestTargetVersionIsGivenToThoseThatHaveIt(t *testing.T) {
	s := opened(t, map[string]string{
		".gatehouse/config.yaml":                "version: 1\npolicies: {targetVersion: \"1.30\", parameters: {asks-too: {targetVersion: \"1.29\"}, other: {x: 1}}}\n",
		".gatehouse/policies/asks/policy.rego":  policyText("asks", "parameters: {targetVersion: \"1.0\", x: 0}"),
		".gatehouse/policies/too/policy.rego":   policyText("asks-too", "parameters: {targetVersion: \"1.0\"}"),
		".gatehouse/policies/other/policy.rego": policyText("other", "parameters: {x: 0}"),
	})
	got := map[string]any{}
	for id, n := range parametersFor(ownDeclarations(s.files), s.settings) {
		got[id] = n.Get(targetVersion).Str()
	}
	if diff := cmp.Diff(map[string]any{"asks": "1.30", "asks-too": "1.29", "other": ""}, got); diff != "" {
		t.Errorf("the parameters (-want +got):\n%s", diff)
	}
	if faults := s.load().faults; len(faults) > 0 {
		t.Error(faults)
	}
}

func policyText(id, custom string) string {
	return "# METADATA\n# title: t\n# custom:\n#   id: " + id + "\n#   " + custom + "\npackage gatehouse." + strings.ReplaceAll(id, "-", "_") + "\n\ndeny contains \"x\" if input.object.kind == \"Never\"\n"
}

// TestPoliciesMayUseTheLibrary holds that a policy of the user's own can import what
// those that come with Gatehouse share.
func TestPoliciesMayUseTheLibrary(t *testing.T) {
	s := opened(t, map[string]string{".gatehouse/policies/a/policy.rego": strings.Replace(policyText("uses-images", "severity: error"), "\n\ndeny",
		"\n\nimport data.gatehouse.lib.images\n\ndeny contains \"no digest\" if images.digest(\"a@sha256:x\") == \"\"\n\ndeny", 1)})
	own := s.load()
	if len(own.faults) > 0 || len(own.checks) != 1 {
		t.Errorf("%d checks, faults %v", len(own.checks), own.faults)
	}
}

// TestUntrustedPoliciesAreNotRun holds that a policy to which nobody has agreed is
// neither compiled nor run.
func TestUntrustedPoliciesAreNotRun(t *testing.T) {
	s, err := openPolicies(memoryPlace(map[string]string{
		".gatehouse/config.yaml":     "version: 1\nseverities: {main-deny: notice}\n",
		".gatehouse/policies/a.rego": "package main\n\ndeny contains \"x\" if unknown(1)\n",
	}), true)
	if err != nil {
		t.Fatal(err)
	}
	if own := s.load(); own.set != nil || len(own.checks)+len(own.faults) > 0 {
		t.Errorf("policies of a stranger were loaded: %+v", own)
	}
}

// TestPoliciesStayInTheirFolder holds that a link does not lead out of the tree.
func TestPoliciesStayInTheirFolder(t *testing.T) {
	outside, root := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "a.rego"), []byte("package main\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(root, ".gatehouse"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(root, ".gatehouse", "policies")); err != nil {
		t.Skipf("no links here: %v", err)
	}
	if _, err := openPolicies(folderPlace(root), false); err == nil {
		t.Error("a folder outside of the tree was read")
	}
}

func TestMetadataOf(t *testing.T) {
	tests := []struct {
		name, text string
		want       declaration
		ok         bool
	}{
		{"nothing", "package a\n", declaration{}, false},
		{"no ID", "# METADATA\n# title: t\npackage a\n", declaration{}, false},
		{"broken", "# METADATA\n# title: [\npackage a\n", declaration{}, false},
		{"little", "# a comment\n\n# METADATA\n# custom:\n#   id: a-b\npackage a\n", declaration{check: checks.Check{ID: "a-b", Title: "a-b", Severity: checks.Warning, Category: checks.Policy}, on: true}, true},
		{
			"much", "# METADATA\n# title: T\n# description: D\n# custom:\n#   id: a\n#   severity: error\n#   category: references\n#   fix: F\n#   default_on: false\n#   parameters:\n#     # why\n#     x: [1]\n#   why: W\npackage a\n",
			declaration{check: checks.Check{ID: "a", Title: "T", Severity: checks.Error, Category: checks.References, Why: "W", Fix: "F"}, asWritten: "# why\nx: [1]\n"}, true,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := declarationOf("policy.rego", []byte(test.text))
			if test.name == "much" {
				if diff := cmp.Diff(config.Policy{Check: got.check, Parameters: []string{"x"}, Kinds: map[string]manifest.Kind{"x": manifest.List}}, got.policy()); diff != "" {
					t.Error(diff)
				}
			}
			if ok != test.ok {
				t.Fatalf("ok is %v", ok)
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(declaration{}), cmpopts.IgnoreFields(declaration{}, "parameters", "kinds", "example", "shelved"), cmpopts.IgnoreTypes(manifest.Pos{})); ok && diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestTreePoliciesHoldTheirExamples holds that what looks at the whole tree finds
// something in each bad example, and nothing in a good one, in a repository of its own.
func TestTreePoliciesHoldTheirExamples(t *testing.T) {
	tested := 0
	for _, d := range libraryDeclarations() {
		if d.kind() != "tree" {
			continue
		}
		tested++
		d = d.asItIsWritten()
		rules := "version: 1\npolicies:\n  enable: [" + d.check.ID + "]\n"
		if parameters := d.example.Get("parameters"); parameters != nil {
			rules += "  parameters: {" + d.check.ID + ": " + jsonOf(t, parameters) + "}\n"
		}
		for name, bad := range map[string]bool{badFile: true, goodFile: false} {
			dir := t.TempDir()
			writeAll(t, dir, []txtar.File{
				{Name: ".gatehouse/config.yaml", Data: []byte(rules)}, {Name: "apps/manifest.yaml", Data: []byte(exampleOf(d.check.ID, name)[0])},
			})
			report := checkJSON(t, "--no-cache", "--only", d.check.ID, dir)
			if found := len(report.Findings); (found > 0) != bad || report.Verdict == "incomplete" {
				t.Errorf("%s in %s: %d findings, %s", d.check.ID, name, found, report.Verdict)
			}
			for _, f := range report.Findings {
				if f.Line < 1 || f.Field == "" && d.check.ID != "network-policy-missing" {
					t.Errorf("%s: line %d, field %q", d.check.ID, f.Line, f.Field)
				}
			}
		}
	}
	if tested < 12 {
		t.Errorf("%d policies look at the tree", tested)
	}
}
