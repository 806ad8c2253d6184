package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTemplatesAreReadWithTheirActionsMasked(t *testing.T) {
	text := `{{- if .Values.enabled }}
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "web.fullname" . }}
  labels:
    {{- include "web.labels" . | nindent 4 }}
type: Opaque
stringData:
  p: literal
  q: {{ .Values.q | quote }}
  é-{{ .Release.Name }}: "{{ default "x" .Values.y }}-z"   # {{ comment }}
  {{- range .Values.more }}
  r: last
  {{- end }}
  r: again
{{- end }}
`
	f := Read("chart/templates/secret.yaml", []byte(text), DefaultLimits())
	if f.Form != FormHelmTemplate || len(f.Templated) != 1 || f.Found != 0 || len(f.Documents) != 1 {
		t.Fatalf("form %q, templated %v, found %d, documents %d", f.Form, f.Templated, f.Found, len(f.Documents))
	}
	d := f.Documents[0]
	if !d.Templated || len(d.Duplicates) != 0 || d.Object.Kind != "Secret" || d.Object.Name != action {
		t.Errorf("templated %v, duplicates %v, object %v", d.Templated, d.Duplicates, d.Object)
	}
	got := map[string][2]any{}
	for _, n := range d.Root.Get("stringData").Items {
		got[n.Key] = [2]any{n.Text, n.KeyAt}
	}
	want := map[string][2]any{
		"p":    {"literal", Pos{10, 3}},
		"q":    {action, Pos{11, 3}},
		action: {action, Pos{12, 3}},
		"r":    {"again", Pos{16, 3}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stringData (-want +got):\n%s", diff)
	}
}

func TestTemplatesThatCannotBeReadAreStillNamed(t *testing.T) {
	for _, text := range []string{
		"{{ if x }}\na: [\n{{ end }}", "a: {{ b\n", "{{ if x }}foo: bar{{ end }}\nbaz: x\n", "a: \uE000{{ b }}: c: d\n", "{% if x %}\n\ta: b\n{% endif %}\n",
	} {
		f := Read("templates/x.yaml", []byte("apiVersion: v1\nkind: X\n"+text), DefaultLimits())
		if len(f.Templated)+len(f.Broken)+len(f.Documents) == 0 {
			t.Errorf("%q is neither read nor listed", text)
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, seed := range []string{"a: {{ b }}\n", "{{- if x }}\na: b\n{{ end }}", "{{/* a\nb */}}c: d", "é{{ü}}\r\n{% x %}{# y #}", "{{", "}}{{"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, want := strings.Count(string(maskActions(text)), "\n"), strings.Count(string(text), "\n"); got != want {
			t.Errorf("%q has %d line ends masked, and %d as it is", text, got, want)
		}
		readMasked(chunk{text, 1}, DefaultLimits())
	})
}
