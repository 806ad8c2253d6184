package manifest

import (
	"encoding/binary"
	"strings"
	"testing"
)

// forms say what a file is by its path and bytes. broken is how many of its
// documents are reported as broken, objects how many Kubernetes objects it holds.
var forms = []struct {
	name    string
	path    string
	text    string
	want    Form
	objects int
	broken  int
}{
	{name: "manifest", path: "a.yaml", text: object("a"), want: FormManifest, objects: 1},
	{name: "manifest by another extension", path: "a.YML", text: object("a"), want: FormManifest, objects: 1},
	{name: "manifest among configuration", path: "a.yaml", text: "x: y\n---\n" + object("a"), want: FormManifest, objects: 1},
	{name: "manifest with a broken document", path: "a.yaml", text: object("a") + "---\na: [\n", want: FormManifest, objects: 1, broken: 1},
	{name: "broken manifest", path: "a.yaml", text: object("a") + "\tb: c\n", want: FormConfig, broken: 1},
	{name: "List", path: "a.json", text: `{"kind": "List", "apiVersion": "v1", "items": [` + jsonObject("a") + `]}`, want: FormManifest, objects: 1},
	{name: "custom resource", path: "a.yaml", text: "apiVersion: argoproj.io/v1alpha1\nkind: Application\n", want: FormManifest, objects: 1},
	{name: "UTF-16", path: "a.yaml", text: inUTF16(binary.BigEndian, object("a")), want: FormManifest, objects: 1},

	{name: "kustomization.yaml", path: "base/kustomization.yaml", text: "resources: [a.yaml]\n", want: FormKustomization},
	{name: "kustomization.yml", path: "kustomization.yml", text: "resources: [a.yaml]\n", want: FormKustomization},
	{name: "Kustomization", path: "base/Kustomization", text: "resources: [a.yaml]\n", want: FormKustomization},
	{name: "kustomization by its kind", path: "x.yaml", text: "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Component\n", want: FormKustomization, objects: 1},
	{name: "Flux Kustomization", path: "x.yaml", text: "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n", want: FormManifest, objects: 1},
	{name: "broken kustomization", path: "kustomization.yaml", text: "resources: [\n", want: FormKustomization, broken: 1},

	{name: "values.yaml", path: "chart/values.yaml", text: "replicas: 1\n", want: FormValues},
	{name: "values of an environment", path: "values-prod.yaml", text: "replicas: 1\n", want: FormValues},
	{name: "values behind the name", path: "prod.values.yaml", text: "replicas: 1\n", want: FormValues},
	{name: "values with an underscore", path: "x/prod_values.yml", text: "replicas: 1\n", want: FormValues},
	{name: "values by name that are a manifest", path: "values.yaml", text: object("a"), want: FormManifest, objects: 1},
	{name: "not values", path: "evaluations.yaml", text: "replicas: 1\n", want: FormConfig},

	{name: "configuration", path: ".github/workflows/ci.yaml", text: "on: push\njobs: {}\n", want: FormConfig},
	{name: "workflow with expressions", path: "ci.yaml", text: "on: push\nname: ${{ github.ref }}\n", want: FormConfig},
	{name: "Chart.yaml", path: "Chart.yaml", text: "apiVersion: v2\nname: x\nversion: 1.0.0\n", want: FormConfig},
	{name: "broken configuration", path: "a.yaml", text: "a: [\n", want: FormConfig, broken: 1},
	{name: "empty file", path: "a.yaml", text: "", want: FormConfig},
	{name: "comments", path: "a.yaml", text: "# nothing\n", want: FormConfig},
	{name: "JSON", path: "package.json", text: `{"name": "x"}`, want: FormConfig},
	{name: "JSON with comments", path: "tsconfig.json", text: "{\n  // strict\n  \"compilerOptions\": {/* all */ \"strict\": true,},\n}\n", want: FormConfig},
	{name: "JSON with comments and a kind", path: "renovate.json", text: "{\n  // kind of update\n  \"kind\": 'x',\n}\n", want: FormConfig},
	{name: "renovate.json", path: "renovate.json", text: `{"$schema": "https://docs.renovatebot.com/renovate-schema.json", "packageRules": [{"matchManagers": ["helm-values"]}]}`, want: FormConfig},
	{name: "broken JSON manifest", path: "a.json", text: `{"apiVersion": "v1", "kind": "Secret"`, want: FormConfig, broken: 1},

	{name: "Helm template", path: "chart/templates/a.yaml", text: "apiVersion: v1\nkind: ConfigMap\n{{- if .Values.x }}\ndata: {}\n{{- end }}\n", want: FormHelmTemplate},
	{name: "Helm template that is a map to YAML", path: "chart/templates/a.yaml", text: "{{ include \"x\" . }}\n", want: FormHelmTemplate},
	{name: "Helm helpers", path: "chart/templates/_helpers.tpl", text: "{{- define \"x\" -}}\napiVersion: v1\nkind: A\n{{- end }}\n", want: FormHelmTemplate},
	{name: "Helm template that is plain YAML", path: "chart/templates/a.yaml", text: object("a"), want: FormManifest, objects: 1},
	{name: "Helm template with a plain object", path: "chart/templates/a.yaml", text: object("a") + "---\nkind: {{ .x }}\na: b: c\n", want: FormHelmTemplate, objects: 1},
	{name: "Helm notes", path: "chart/templates/NOTES.txt", text: "Visit {{ .Values.url }}\n", want: FormText},
	{name: "template", path: "a.yaml", text: "{% if x %}\na: b\n{% endif %}\n", want: FormTemplate},
	{name: "template of another name", path: "a.yaml.tmpl", text: "apiVersion: v1\nkind: Secret\n{{ .x }}\n", want: FormTemplate},
	{name: "braces that are no template", path: "a.yaml", text: "a: \"{{ x }}\"\n", want: FormConfig},
	{name: "braces that nothing closes", path: "a.yaml", text: "a: b: {{\n", want: FormConfig, broken: 1},

	{name: "SOPS", path: "secret.yaml", text: "apiVersion: v1\nkind: Secret\ndata:\n  a: ENC[AES256_GCM,data:xx]\nsops:\n  mac: ENC[AES256_GCM,data:yy]\n  version: 3.9.0\n", want: FormSOPS, objects: 1},
	{name: "SOPS JSON", path: "secret.json", text: `{"a": "ENC[AES256_GCM,data:xx]", "sops": {"lastmodified": "2026-01-01T00:00:00Z", "version": "3.9.0"}}`, want: FormSOPS},
	{name: "SOPS by key alone", path: "a.yaml", text: "sops: {enabled: true}\n", want: FormConfig},
	{name: ".sops.yaml", path: ".sops.yaml", text: "creation_rules:\n- age: age1x\n", want: FormConfig},
	{name: "git-crypt", path: "secret.yaml", text: "\x00GITCRYPT\x00\x01\x02\x03", want: FormGitCrypt},
	{name: "Git LFS", path: "a.yaml", text: "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", want: FormLFS},
	{name: "Git LFS with an object", path: "a.yaml", text: "version https://git-lfs.github.com/spec/v1\n---\n" + object("a"), want: FormManifest, objects: 1},
	{name: "about Git LFS", path: "a.md", text: "See:\nversion https://git-lfs.github.com/spec/v1\n", want: FormText},

	{name: "PNG", path: "logo.png", text: "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", want: FormBinary},
	{name: "PNG that is called YAML", path: "logo.yaml", text: "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", want: FormBinary},
	{name: "program with manifests in it", path: "kubectl", text: "\x7fELF\x02\x00" + object("a") + "\x00", want: FormBinary},
	{name: "binary without a NUL", path: "a.bin", text: "\x01\x02\xff\xfd\x7f\x80", want: FormBinary},
	{name: "object before a NUL", path: "a.yaml", text: object("a") + "---\n\x00", want: FormManifest, objects: 1, broken: 1},
	{name: "object before a NUL, of another name", path: "a.dat", text: object("a") + "---\n\x00", want: FormManifest, objects: 1, broken: 1},
	{name: "escaped object before a NUL", path: "a.yaml", text: "\"\\x61piVersion\": v1\n\"\\u006bind\": A\n---\n\x00", want: FormManifest, objects: 1, broken: 1},
	{name: "Latin-1 text", path: "a.properties", text: "name=Caf\xe9\n", want: FormText},
	{name: "Latin-1 YAML", path: "a.yaml", text: "name: Caf\xe9\n", want: FormConfig, broken: 1},
	{name: "long text cut within a character", path: "a.txt", text: strings.Repeat("é", 5000), want: FormText},

	{name: "text", path: "a.txt", text: "hello: world\n", want: FormText},
	{name: "empty text", path: "LICENSE", text: "", want: FormText},
	{name: "manifest in a .txt", path: "a.txt", text: object("a"), want: FormManifest, objects: 1},
	{name: "manifest in a .tmpl", path: "a.tmpl", text: object("a"), want: FormManifest, objects: 1},
	{name: "manifest in a .txt, then a broken one", path: "a.txt", text: object("a") + "---\na: [\n", want: FormManifest, objects: 1, broken: 1},
	{name: "broken manifest in a .txt", path: "a.txt", text: object("a") + "\tb\n", want: FormText},
	{name: "escaped manifest in a .txt", path: "a.txt", text: `{"\u0061piVersion": "v1", "\u006bind": "A"}`, want: FormManifest, objects: 1},
	{name: "binary keys in a .txt", path: "a.txt", text: "!!binary YXBpVmVyc2lvbg==: v1\n!!binary a2luZA==: A\n", want: FormManifest, objects: 1},
	{name: "folded keys in a .txt", path: "a.txt", text: "? \"api\\\n  Version\"\n: v1\nkind: A\n", want: FormManifest, objects: 1},
	{name: "Markdown with a manifest", path: "README.md", text: "# Example\n\nApply this:\n\n```yaml\n" + object("a") + "```\n\nThen wait.\n", want: FormText},
	{name: "Markdown with manifests", path: "README.md", text: "# Example\n\nApply this: all\n\n```yaml\n" + object("a") + "---\n" + object("b") + "---\n" + object("c") + "```\n", want: FormText},
	{name: "Markdown with front matter and manifests", path: "docs/a.md", text: "---\ntitle: x\n---\n# Example\n\nApply: this\n```yaml\n" + object("a") + "---\n" + object("b") + "---\n" + object("c") + "```\n", want: FormText},
	{name: "Markdown with a template", path: "README.md", text: "# Example\n\n```yaml\napiVersion: v1\nkind: A\nname: {{ .x }}\na: b: c\n```\n", want: FormText},
	{name: "program text with a manifest", path: "main.go", text: "package main\n\nconst text = `\n" + object("a") + "---\n" + object("b") + "---\n`\n", want: FormText},
	{name: "program text with a template", path: "main.go", text: "package main\n\nvar t = `apiVersion: {{ .x }}\nkind: {{ .y }}`\n", want: FormText},
}

func TestForms(t *testing.T) {
	for _, test := range forms {
		t.Run(test.name, func(t *testing.T) {
			f := Read(test.path, []byte(test.text), DefaultLimits())
			objects := 0
			for _, d := range f.Documents {
				if d.IsObject() && !d.Templated {
					objects++
				}
			}
			if f.Form != test.want || objects != test.objects || len(f.Broken) != test.broken {
				t.Errorf("got %s with %d objects and %d broken, want %s with %d and %d\n%v", f.Form, objects, len(f.Broken), test.want, test.objects, test.broken, f.Broken)
			}
			if f.Form == FormText && (f.Found != 0 || len(f.Documents) != 0 || len(f.Templated) != 0) {
				t.Errorf("text with %d documents and %d templates", f.Found, len(f.Templated))
			}
			if templated := f.Form == FormHelmTemplate || f.Form == FormTemplate; templated != (len(f.Templated) == 1) {
				t.Errorf("%s with %d templated parts", f.Form, len(f.Templated))
			}
		})
	}
}

func TestBrokenManifestsAreToldFromOtherFiles(t *testing.T) {
	for _, test := range []struct {
		text string
		want bool
	}{
		{object("a") + "\tb\n", true},
		{"  - apiVersion: v1\n    kind: A\n   x: [\n", true},
		{"{\"apiVersion\" : \"v1\", \"kind\": [}", true},
		{"'apiVersion': v1\n\"kind\": A\n\tb\n", true},
		{"kind: A\n\tb\n", false},
		{"# the kind and apiVersion\na: [\n", false},
		{"myapiVersion: v1\nmykind: A\n\tb\n", false},
		{"a: apiVersion\nb: kind\n\tc\n", false},
	} {
		f := Read("a.yaml", []byte(test.text), DefaultLimits())
		if len(f.Broken) != 1 || f.Broken[0].Manifest != test.want {
			t.Errorf("%q: %+v, want Manifest %t", test.text, f.Broken, test.want)
		}
	}
}

func TestEncodingIsNamed(t *testing.T) {
	for _, test := range []struct{ data, want string }{
		{"a: b", ""},
		{"\ufeffa: b", ""},
		{inUTF16(binary.LittleEndian, "a: b"), "UTF-16LE"},
		{inUTF16(binary.BigEndian, "a: b"), "UTF-16BE"},
	} {
		f := Read("a.yaml", []byte(test.data), DefaultLimits())
		if f.Encoding != test.want || string(f.Text) != "a: b" {
			t.Errorf("%q: encoding %q, text %q", test.data, f.Encoding, f.Text)
		}
	}
}
