package gatekeeper

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
)

func document(t *testing.T, name string, data []byte) *manifest.Document {
	t.Helper()
	f := manifest.Read(name, data, manifest.DefaultLimits())
	if len(f.Documents) != 1 {
		t.Fatalf("%s: not one document", name)
	}
	return f.Documents[0]
}

func readTemplate(d *manifest.Document) (*Template, []rego.Fault) {
	tmpl, faults := ReadTemplate(d)
	if len(faults) == 0 {
		faults = tmpl.Check()
	}
	return tmpl, faults
}

// TestTemplatesRefusedAsByGator compares with what gator v3.23.1 said of the same
// templates (testdata/templates.json was recorded from it). "here" is what holds
// here where it differs: without a network, and with external_data
// declared, as in a cluster that has a provider.
func TestTemplatesRefusedAsByGator(t *testing.T) {
	data, err := os.ReadFile("testdata/templates.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Name     string
		Refused  bool
		Here     *bool
		Template json.RawMessage
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) < 40 {
		t.Fatalf("only %d templates", len(rows))
	}
	for _, row := range rows {
		want := row.Refused
		if row.Here != nil {
			want = *row.Here
		}
		_, faults := readTemplate(document(t, row.Name+".json", row.Template))
		if (len(faults) > 0) != want {
			t.Errorf("%s: faults %v, want refused %v", row.Name, faults, want)
		}
		for _, f := range faults {
			if f.File == "" || f.Line == 0 || f.Message == "" || strings.Contains(f.Message, "\n") {
				t.Errorf("%s: a fault without file, line or message: %+v", row.Name, f)
			}
		}
	}
}

// TestFaultLines: a fault in Rego inside YAML has its line in the file.
func TestFaultLines(t *testing.T) {
	const text = `apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: bad
spec:
  crd:
    spec:
      names:
        kind: Bad
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package bad

        violation[{"msg": msg}] {
          msg := sprintf("%v", [nothing])
        }
`
	_, faults := readTemplate(document(t, "bad.yaml", []byte(text)))
	if len(faults) != 1 || faults[0].Line != 16 || faults[0].File != "bad.yaml" {
		t.Errorf("got %v, want one fault on line 16 of bad.yaml", faults)
	}
}
