package schema_test

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/cmd/internal/schema"
	"github.com/gatehouse-dev/gatehouse/cmd/internal/schema/schematest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// level is a type that writes itself as one of a few words.
type level int

func (level) MarshalText() ([]byte, error) { return []byte("high"), nil }

type file struct {
	Version  int             `json:"version" enum:"1" doc:"the version of this format"`
	Name     string          `json:"name" min:"1" doc:"who it is <b>for</b>"`
	Level    level           `json:"level"`
	Kind     string          `json:"kind,omitempty" enum:"file,folder"`
	Paths    []string        `json:"paths,omitempty" min:"1" pattern:"^[a-z/*]+$" doc:"globs"`
	Until    string          `json:"until,omitempty" format:"date"`
	At       time.Time       `json:"at,omitzero"`
	Limits   map[string]uint `json:"limits,omitempty" min:"1"`
	Parent   *child          `json:"parent"`
	Children []child         `json:"children,omitempty"`
	Raw      []byte          `json:"raw,omitempty"`
	Any      any             `json:"any,omitempty"`
	Ratio    float64         `json:"ratio,omitempty"`
	Strict   bool            `json:"strict,omitempty"`
	embedded
	Hidden string `json:"-"`
}

type embedded struct {
	Source string `json:"source,omitempty"`
}

type child struct {
	Name     string  `json:"name"`
	Children []child `json:"children,omitempty"` // a type that holds itself
	Untagged string
}

func options() schema.Options {
	return schema.Options{
		ID:          "https://example.test/file.json",
		Title:       "A file",
		Description: "for a test",
		Closed:      true,
		Enums:       map[reflect.Type][]string{reflect.TypeFor[level](): {"low", "high"}},
		Docs:        map[string]string{"child.name": "what it is called"},
	}
}

func TestForIsWhatItWas(t *testing.T) {
	golden := filepath.Join("testdata", "file.schema.json")
	got := schema.For(reflect.TypeFor[file](), options())
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the schema changed; look at it, then run with -update (-want +got):\n%s", diff)
	}
	if again := schema.For(reflect.TypeFor[*file](), options()); string(again) != string(got) {
		t.Error("a pointer to the type gives another schema")
	}
}

func TestDocuments(t *testing.T) {
	const start = `"version":1,"name":"a","level":"low","parent":null`
	tests := []struct {
		name, document string
		want           []string
	}{
		{"least", `{` + start + `}`, nil},
		{"all keys", `{` + start + `,"kind":"file","paths":["a/**"],"until":"2026-01-31","at":"2026-01-31T10:00:00Z",
			"limits":{"a":1},"children":[{"name":"b","Untagged":"","children":[{"name":"c","Untagged":""}]}],
			"raw":"AA==","any":[1,"x",null],"ratio":1.5,"strict":true,"source":"s"}`, nil},
		{"unknown key", `{` + start + `,"Hidden":1}`, []string{`$: has the unknown key "Hidden"`}},
		{"missing keys", `{"version":1}`, []string{"$: has no level", "$: has no name", "$: has no parent"}},
		{"wrong version", `{"version":2,"name":"a","level":"low","parent":null}`, []string{"$.version: is 2, want one of [1]"}},
		{"a word for a number", `{"version":"1","name":"a","level":"low","parent":null}`,
			[]string{"$.version: is 1, want one of [1]", "$.version: is string, want integer"}},
		{"empty name", `{"version":1,"name":"","level":"low","parent":null}`, []string{`$.name: "" is shorter than 1`}},
		{"not of the few", `{"version":1,"name":"a","level":"mid","parent":null}`, []string{"$.level: is mid, want one of [low high]"}},
		{"no items", `{` + start + `,"paths":[]}`, []string{"$.paths: minItems is 0, want at least 1"}},
		{"an item that does not match", `{` + start + `,"paths":["A"]}`, []string{`$.paths[0]: "A" does not match ^[a-z/*]+$`}},
		{"null for a list", `{` + start + `,"paths":null}`, []string{"$.paths: is null, want array"}},
		{"no date", `{` + start + `,"until":"31.1.2026"}`, []string{`$.until: "31.1.2026" is no date`}},
		{"no time", `{` + start + `,"at":"2026-01-31"}`, []string{`$.at: "2026-01-31" is no date-time`}},
		{"a number below zero", `{` + start + `,"limits":{"a":-1}}`, []string{"$.limits.a: minimum is -1, want at least 0"}},
		{"deep inside", `{` + start + `,"children":[{"name":"b","Untagged":"","children":[{"name":1,"Untagged":""}]}]}`,
			[]string{"$.children[0].children[0].name: is integer, want string"}},
		{"neither null nor a child", `{"version":1,"name":"a","level":"low","parent":"x"}`,
			[]string{"$.parent: fits none of [map[$ref:#/$defs/child] map[type:null]]"}},
		{"no object", `[]`, []string{"$: is array, want object"}},
	}
	written := schema.For(reflect.TypeFor[file](), options())
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := schematest.Check(written, []byte(test.document))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("faults of %s (-want +got):\n%s", test.document, diff)
			}
		})
	}
}

func TestOpenSchemaAllowsMoreKeys(t *testing.T) {
	opts := options()
	opts.Closed = false
	got, err := schematest.Check(schema.For(reflect.TypeFor[file](), opts),
		[]byte(`{"version":1,"name":"a","level":"low","parent":null,"later":true}`))
	if err != nil || len(got) > 0 {
		t.Errorf("faults %q, error %v", got, err)
	}
}

func TestForRefusesWhatHasNoForm(t *testing.T) {
	type badTag struct {
		N int `json:"n" min:"one"`
	}
	tests := []struct {
		name string
		t    reflect.Type
		docs map[string]string
		want string
	}{
		{"a function", reflect.TypeFor[struct{ F func() }](), nil, "has no form in JSON"},
		{"keys that are no strings", reflect.TypeFor[struct{ M map[int]string }](), nil, "are no strings"},
		{"no struct", reflect.TypeFor[string](), nil, "is no struct"},
		{"a tag that is no number", reflect.TypeFor[badTag](), nil, "the tag of N"},
		{"a description of nothing", reflect.TypeFor[child](), map[string]string{"child.gone": "x"}, "no field child.gone"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, test.want) {
					t.Errorf("panic %q, want one with %q", got, test.want)
				}
			}()
			schema.For(test.t, schema.Options{Docs: test.docs})
		})
	}
}

func TestCheckRefusesUnknownKeywords(t *testing.T) {
	if _, err := schematest.Check([]byte(`{"oneOf":[]}`), []byte(`{}`)); err == nil {
		t.Error("a keyword that is not known passed unseen")
	}
}
