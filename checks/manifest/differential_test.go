package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// kubernetesValue decodes one YAML document as Kubernetes does.
func kubernetesValue(text []byte) (any, error) {
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	return jsonValue(asJSON)
}

func jsonValue(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return v, err
}

// ourValue decodes the first document of text with the readers of this package.
func ourValue(text []byte) (any, error) {
	c := chunk{text, 1}
	docs, err := parseYAML(c, DefaultLimits())
	if err == nil && len(docs) == 0 {
		return nil, nil
	}
	if err != nil && len(docs) == 0 || len(docs[0].problems) > 0 {
		doc, _, lenientErr := parseLenient(c, DefaultLimits())
		if lenientErr != nil {
			return nil, errors.Join(err, lenientErr)
		}
		docs = []parsed{doc}
	}
	if len(docs[0].duplicates) > 0 && yaml.UnmarshalStrict(text, new(any)) == nil {
		return nil, errCollision
	}
	return docs[0].root.Value(), nil
}

var errCollision = errors.New("keys collide as JSON")

var yamlSeeds = []string{
	"a: yes\nb: off\nc: ~\nd: null\ne: ''\nf:\n",
	"a: 0777\nb: 0o17\nc: 0x1F\nd: 0b11\ne: -0b11\nf: 1_000\ng: +1\nh: 190:20:30\n",
	"a: 1.5\nb: 1e3\nc: .5\nd: -.5e-3\ne: 1.\nf: 1e21\ng: 685_230.15\nh: +.5\ni: 6.02E+23\n",
	"a: 2020-01-01\nb: 2020-01-01T10:00:00Z\nc: 2020-1-1 10:00:00\nd: 2001-12-14t21:59:43.10-05:00\n",
	"a: !!str 123\nb: !!int '7'\nc: !!float 1\nd: !!binary aGVsbG8=\ne: !custom 5\nf: !!bool 'yes'\ng: !!null ''\n",
	"a: &x {k: v, n: 1}\nb: *x\nc: {<<: *x, k: w}\nd: {k: first, <<: *x}\ne: {<<: [*x, {k: z, m: 2}]}\n",
	"1: a\n1.5: b\ntrue: c\n0x10: d\nno: f\n2020-01-01: g\n",
	"a: |\n  text\n  more\nb: >-\n  folded\n  text\n\nc: |+\n  keep\n\n",
	"- a\n- - b\n  - c\n- {d: [1, 2], e: }\n- ? x\n  : y\n",
	"a: 18446744073709551615\nb: 9223372036854775807\nc: -9223372036854775808\nd: 123456789012345678901234567890\n",
	"a: \"\\u00e9\\x41\\n\"\nb: 'it''s'\n\"q k\": v\n",
	"a: .inf\nb: -.inf\n", "a: .nan\n", "? [a, b]\n: c\n", "~: x\n",
	"a: 'x'\na: \"y\"\n", "{a: 1, b: [2, {c: 3}]}", "%YAML 1.1\n---\na: b\n", "a: b\n...\n", "--- text\n", "--- |\n  x\n",
	"a: ! 12\nb: !!str\nc: !<tag:yaml.org,2002:str> 1\n", "a: <<\nb: =\n", "key: value # comment\n#c\n", "a:\n- b\n- c\n", "\ta: b\n", "a: [b\n",
	"a: &a [*a]\n", "a: *b\n", "x: 1e400\n", "x: -0\ny: -0.0\nz: 0.0\n", "x: 0b\ny: 0x\nz: -\nw: +\n", "x: 1__0\ny: _1\nz: 0_7\n", "x: 08\ny: 09.5\n",
}

// compareYAML holds the reader against sigs.k8s.io/yaml on one document.
func compareYAML(t *testing.T, text []byte) {
	t.Helper()
	want, wantErr := kubernetesValue(text)
	got, gotErr := ourValue(text)
	switch {
	case errors.Is(gotErr, errCollision):
		// Two keys that differ in YAML and not in JSON ("1" and 1): which of them
		// Kubernetes keeps is left to chance.
	case wantErr == nil && gotErr != nil:
		t.Errorf("Kubernetes reads this and we do not: %v\n%q", gotErr, text)
	case wantErr == nil && gotErr == nil && !cmp.Equal(got, want):
		t.Errorf("value differs (-Kubernetes +ours):\n%s\n%q", cmp.Diff(want, got), text)
	}
}

func TestValuesAreThoseOfKubernetes(t *testing.T) {
	for _, seed := range yamlSeeds {
		compareYAML(t, []byte(seed))
	}
}

// FuzzValues holds the values of YAML documents equal to sigs.k8s.io/yaml.
func FuzzValues(f *testing.F) {
	for _, seed := range yamlSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 4096 {
			return
		}
		compareYAML(t, text)
	})
}
