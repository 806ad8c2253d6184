package config

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/schema/schematest"
)

// asJSON is a YAML file as the editor that validates it sees it.
func asJSON(t *testing.T, data []byte) []byte {
	t.Helper()
	file := manifest.Read("x.yaml", data, manifest.DefaultLimits())
	if len(file.Documents) != 1 {
		t.Fatalf("%d documents, want 1", len(file.Documents))
	}
	out, err := json.Marshal(file.Documents[0].Root.Value())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFullFilesConformToTheSchemas(t *testing.T) {
	for _, test := range []struct {
		file   string
		schema []byte
	}{{"config.yaml", ConfigSchema()}, {"waivers.yaml", WaiversSchema()}} {
		faults, err := schematest.Check(test.schema, asJSON(t, testdata(t, test.file)))
		if err != nil {
			t.Fatal(err)
		}
		if len(faults) > 0 {
			t.Errorf("%s does not conform: %q", test.file, faults)
		}
	}
}

// TestSchemasRefuse holds that an editor warns of what the reader refuses, as far
// as a schema of the types can say it.
func TestSchemasRefuse(t *testing.T) {
	entry := `{"check":"a","path":"a","reason":"a","owner":"a","expires":"2026-12-31"}`
	tests := []struct {
		name     string
		schema   []byte
		document string
		want     string
	}{
		{"unknown key", ConfigSchema(), `{"version":1,"enviroments":[]}`, "enviroments"},
		{"version", ConfigSchema(), `{"version":2}`, "$.version"},
		{"no version", ConfigSchema(), `{}`, "version"},
		{"threshold", ConfigSchema(), `{"version":1,"failOn":"notice"}`, "$.failOn"},
		{"severity", ConfigSchema(), `{"version":1,"severities":{"policy":"none"}}`, "$.severities.policy"},
		{"override", ConfigSchema(), `{"version":1,"overrides":[{"paths":[],"checks":["a"],"severity":"error"}]}`, "$.overrides[0].paths"},
		{"a rule of nothing", ConfigSchema(), `{"version":1,"secrets":{"rules":[{"id":"a"}]}}`, "$.secrets.rules[0]"},
		{"ID of a rule", ConfigSchema(), `{"version":1,"secrets":{"rules":[{"id":"A","path":"a"}]}}`, "$.secrets.rules[0].id"},
		{"target version", ConfigSchema(), `{"version":1,"policies":{"targetVersion":"v1.34"}}`, "$.policies.targetVersion"},
		{"parameters", ConfigSchema(), `{"version":1,"policies":{"parameters":{"label-required":["team"]}}}`, "$.policies.parameters.label-required"},
		{"entropy", ConfigSchema(), `{"version":1,"secrets":{"rules":[{"id":"a","regex":"a","entropy":"3"}]}}`, "$.secrets.rules[0].entropy"},
		{"no reason", WaiversSchema(), `{"version":1,"waivers":[` + strings.Replace(entry, `"reason":"a",`, "", 1) + `]}`, "reason"},
		{"rotated by nobody", WaiversSchema(), `{"version":1,"waivers":[{"check":"a","path":"a","rotated":{"date":"2026-01-31"}}]}`, "by"},
		{"empty owner", WaiversSchema(), `{"version":1,"waivers":[` + strings.Replace(entry, `"owner":"a"`, `"owner":""`, 1) + `]}`, "owner"},
		{"date", WaiversSchema(), `{"version":1,"waivers":[` + strings.Replace(entry, `2026-12-31`, `tomorrow`, 1) + `]}`, "expires"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			faults, err := schematest.Check(test.schema, []byte(test.document))
			if err != nil {
				t.Fatal(err)
			}
			if len(faults) != 1 || !strings.Contains(faults[0], test.want) {
				t.Errorf("the faults are %q, want one of %s", faults, test.want)
			}
		})
	}
}

// TestEveryFieldIsDescribed holds that each key of the types stands in its schema
// with a description, that the decoder knows its type, and that the full examples
// use it.
func TestEveryFieldIsDescribed(t *testing.T) {
	kinds := map[reflect.Kind]bool{
		reflect.String: true, reflect.Bool: true, reflect.Int: true, reflect.Float64: true, reflect.Slice: true,
		reflect.Map: true, reflect.Struct: true, reflect.Pointer: true,
	}
	for _, test := range []struct {
		root    reflect.Type
		schema  []byte
		example string
	}{
		{reflect.TypeFor[Config](), ConfigSchema(), "config.yaml"},
		{reflect.TypeFor[WaiversFile](), WaiversSchema(), "waivers.yaml"},
	} {
		example := string(testdata(t, test.example))
		walkFields(test.root, func(f reflect.StructField) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			doc := f.Tag.Get("doc")
			if name == "" || !strings.HasSuffix(doc, ".") {
				t.Errorf("%s has the name %q and the description %q", f.Name, name, doc)
			}
			quoted, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			if schema := string(test.schema); !strings.Contains(schema, `"`+name+`": {`) || !strings.Contains(schema, string(quoted)) {
				t.Errorf("the schema of %s has no %s with its description", test.example, name)
			}
			if !strings.Contains(example, name+":") {
				t.Errorf("%s shows no %s", test.example, name)
			}
			if !kinds[f.Type.Kind()] {
				t.Errorf("%s is a %s, which the decoder does not know", name, f.Type.Kind())
			}
		})
	}
}

func walkFields(t reflect.Type, visit func(reflect.StructField)) {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for i := range t.NumField() {
		visit(t.Field(i))
		walkFields(t.Field(i).Type, visit)
	}
}
