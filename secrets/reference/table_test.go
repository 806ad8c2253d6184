package reference_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
	"github.com/google/go-cmp/cmp"
)

// read reads the documents of a text in YAML.
func read(t testing.TB, name, text string) *manifest.File {
	t.Helper()
	f := manifest.Read(name, []byte(text), manifest.DefaultLimits())
	if len(f.Broken) > 0 {
		t.Fatalf("the case cannot be read: line %d: %s", f.Broken[0].At.Line, f.Broken[0].Reason)
	}
	return f
}

// show writes what a reference says, less where it stands.
func show(r reference.Reference) string {
	var b strings.Builder
	add := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, " %s=%s", name, value)
		}
	}
	add("store", strings.Trim(r.Store.Kind+"/"+r.Store.Namespace+"/"+r.Store.Name, "/"))
	add("backend", r.Backend)
	add("address", r.Address)
	add("vaultns", r.VaultNamespace)
	add("role", r.Auth.Role)
	add("engine", string(r.Engine))
	add("mount", r.Mount)
	add("path", r.Path)
	add("request", r.Request)
	add("key", r.Key)
	add("version", r.Version)
	if r.Pushes {
		b.WriteString(" pushes")
	}
	if r.Metadata {
		b.WriteString(" metadata")
	}
	add("makes", strings.Trim(r.Produces.Namespace+"/"+r.Produces.Name+"/"+r.Produces.Key, "/"))
	return strings.TrimSpace(b.String())
}

// referenceCase is a text and the references in it, each as show writes it.
type referenceCase struct {
	name string
	yaml string
	want []string
}

func testReferences(t *testing.T, dialect reference.Dialect, cases []referenceCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, d := range read(t, "case.yaml", c.yaml).Documents {
				for _, r := range reference.Of(d) {
					if strings.Contains(r.Encode(), "hunter2") {
						t.Errorf("a value is kept: %s", r.Encode())
					}
					if r.Dialect == dialect {
						got = append(got, show(r))
					}
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("references (-want +got):\n%s", diff)
			}
		})
	}
}

// faultCase is a text and the faults in it, each as rule and field.
type faultCase struct {
	name string
	yaml string
	want []string
}

// told writes a fault as its rule and its field; one that is not certain ends in "?".
func told(f reference.Fault) string {
	text := strings.TrimSpace(f.Rule + " " + f.Field)
	if !f.Certain {
		text += "?"
	}
	return text
}

func testFaults(t *testing.T, cases []faultCase, o reference.Options) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, d := range read(t, "case.yaml", c.yaml).Documents {
				for _, f := range reference.Faults(d, o) {
					got = append(got, told(f))
					sound(t, f)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// sound holds what every fault keeps to: a sentence without a full stop, a fix with one,
// and no value of the cases, which all have this word in them.
func sound(t *testing.T, f reference.Fault) {
	t.Helper()
	switch {
	case f.Reason == "" || strings.HasSuffix(f.Reason, ".") || strings.Contains(f.Reason, "\n"):
		t.Errorf("%s: the reason is no sentence: %q", f.Rule, f.Reason)
	case !strings.HasSuffix(f.Fix, "."):
		t.Errorf("%s: the fix is no sentence: %q", f.Rule, f.Fix)
	case strings.Contains(f.Reason+f.Fix, "hunter2"):
		t.Errorf("%s: a value is shown: %q", f.Rule, f.Reason)
	}
}

// indent puts a text below a field of a map.
func indent(text string, by int) string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = strings.Repeat(" ", by) + line
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// deployment is a Deployment whose pods have annotations.
func deployment(annotations string) string {
	return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    metadata:
      annotations:
` + indent(annotations, 8) + `    spec:
      serviceAccountName: web
      containers:
      - name: web
        image: web:1
`
}
