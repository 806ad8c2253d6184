package scan

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// identities are what findings are of, without where they stand.
func identities(t *testing.T, name, text string) []string {
	t.Helper()
	f := manifest.Read(name, []byte(text), manifest.DefaultLimits())
	if len(f.Broken) > 0 {
		t.Fatalf("%s cannot be read: %s\n%s", name, f.Broken[0].Reason, text)
	}
	var out []string
	for _, found := range File(f, Options{}) {
		check(t, f, found)
		out = append(out, fmt.Sprintf("%s %s %s %s", found.Place, found.Field, found.Inner, found.Answer.Class))
	}
	slices.Sort(out)
	return out
}

// TestOneObjectManyForms proves that an object gives the same findings as block
// and flow YAML and as JSON.
func TestOneObjectManyForms(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	for range 300 {
		object := randomObject(random)
		asJSON, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		indented, err := json.MarshalIndent(object, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		var block strings.Builder
		writeBlock(&block, object, 0)
		want := identities(t, "in.json", string(asJSON))
		for name, text := range map[string]string{"indented.json": string(indented), "flow.yaml": "x: &x 1\n---\n" + string(asJSON), "block.yaml": block.String()} {
			if diff := cmp.Diff(want, identities(t, name, text)); diff != "" {
				t.Fatalf("%s differs: -json +it\n%s\n%s", name, diff, text)
			}
		}
	}
}

func randomObject(r *rand.Rand) map[string]any {
	kinds := [][2]string{{"v1", "Secret"}, {"v1", "ConfigMap"}, {"v1", "Pod"}, {"example.com/v1", "Database"}, {"bitnami.com/v1alpha1", "SealedSecret"}, {"helm.toolkit.fluxcd.io/v2", "HelmRelease"}}
	k := kinds[r.IntN(len(kinds))]
	o := map[string]any{"apiVersion": k[0], "kind": k[1], "metadata": map[string]any{"name": "x", "annotations": randomMap(r, 1)}}
	for _, key := range []string{"data", "stringData", "spec"} {
		if r.IntN(2) == 0 {
			o[key] = randomMap(r, 3)
		}
	}
	return o
}

func randomMap(r *rand.Rand, depth int) map[string]any {
	keys := []string{"password", "user", "env", "config.json", "app.properties", "secrets", "template", "data", "auth.token", "url", "kind", "valueFrom", "stringData"}
	m := map[string]any{}
	for range 1 + r.IntN(4) {
		key := keys[r.IntN(len(keys))]
		m[key] = randomValue(r, key, depth)
	}
	return m
}

func randomValue(r *rand.Rand, key string, depth int) any {
	switch n := r.IntN(8); {
	case depth > 0 && n == 0:
		return randomMap(r, depth-1)
	case depth > 0 && n == 1:
		return []any{randomMap(r, depth-1), pw, map[string]any{"name": "DB_PASSWORD", "value": pw}}
	case depth > 0 && n == 2:
		return []any{"--password=" + pw, "--verbose"}
	case key == "app.properties":
		return "a=b\ndb.password=" + pw + "\n"
	case key == "config.json":
		return `{"db": {"password": "` + pw + `"}}`
	case n == 3:
		return "WHU3LWtlbHBfT3JiaXQ0Mg=="
	case n == 4:
		return "postgres://app:" + pw + "@db.internal/app"
	}
	return pw
}

// writeBlock writes a value as block YAML, texts of several lines as literal block
// scalars, with its keys in order.
func writeBlock(b *strings.Builder, v any, indent int) {
	blanks := strings.Repeat(" ", indent)
	switch v := v.(type) {
	case map[string]any:
		keys := []string{}
		for key := range v {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			fmt.Fprintf(b, "%s%s:", blanks, key)
			writeBlockValue(b, v[key], indent)
		}
	case []any:
		for _, item := range v {
			fmt.Fprintf(b, "%s-", blanks)
			writeBlockValue(b, item, indent)
		}
	}
}

func writeBlockValue(b *strings.Builder, v any, indent int) {
	text, ok := v.(string)
	switch {
	case !ok:
		b.WriteString("\n")
		writeBlock(b, v, indent+2)
	case strings.Contains(text, "\n"):
		b.WriteString(" |\n")
		for line := range strings.Lines(text) {
			b.WriteString(strings.Repeat(" ", indent+4) + line)
		}
	default:
		b.WriteString(" '" + text + "'\n")
	}
}

// TestTimeIsLinear bounds what hostile files may cost.
func TestTimeIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("reads megabytes")
	}
	const n = 20_000
	files := map[string]string{
		"one scalar":          "password: " + strings.Repeat("A", 1<<20) + "\n",
		"many keys":           manyLines(n, "key%d_password: value-%d-Xq7\n"),
		"long list":           "env:\n" + manyLines(n, "- name: PASSWORD_%d\n  value: Xq7-%d-kelp\n"),
		"long list of one":    "env:\n" + manyLines(n, "- name: PASSWORD%.0d\n  value: Xq7-%d-kelp\n"),
		"words":               "args:\n" + manyLines(n, "- --password-%d=Xq7-%d-kelp\n"),
		"nested":              strings.Repeat("{password: ", 190) + "x" + strings.Repeat("}", 190) + "\n",
		"block scalar":        "data:\n  a.properties: |\n" + manyLines(n, "    password.%d=Xq7-%d-kelp\n"),
		"json on one line":    "{\"data\": {" + strings.TrimSuffix(manyLines(n, "\"password%d\": \"Xq7-%d-kelp\", "), ", ") + "}}",
		"tokens":              "a: |\n" + manyTokens(n, "  %s\n"),
		"tokens in a comment": "a: b\n" + manyTokens(n, "# %s\n"),
		"one line of tokens":  "# " + manyTokens(n, "%s ") + "\na: b\n",
		"actions":             "a:\n" + manyLines(n, "  password%d: {{ .x | default \"Xq7-%d-kelp\" }}\n"),
		"open actions":        "a: " + strings.Repeat("{{", n) + "\n",
		"variables":           "a: " + strings.Repeat("${", n) + "\n" + "password: " + strings.Repeat("${a:-", n) + "\n",
		"a very long key":     "{\"" + strings.Repeat("k", 1<<20) + "\": [" + strings.TrimSuffix(manyLines(n, "\"Xq7-%d-%d\", "), ", ") + "]}",
		"a value and tokens":  "password: " + strings.Repeat("Xq7k", 1<<18) + " # " + manyTokens(n, "%s ") + "\n",
		"variables in others": "password: " + strings.Repeat("${a:-", 10*n) + "}\n",
		"lines of actions":    manyLines(10*n, "{{ x%d %d\n"),
		"nested texts":        nestedText(6),
		"literals of one":     "a: {{ default " + manyLines(n, "\"Xq7-%d\" .b%d ") + "}}\n",
		"comments":            "a: |\n  x\n" + manyLines(n, "# password%d: Xq7-%dkelp\nb: |\n  x\n"),
		"encoded":             "a: " + strings.Repeat("IyEvYmluL3NoCmV4cG9ydCBBPWI", n) + "\n",
		"accounts":            "chpasswd:\n  list: |\n" + manyLines(n, "    u%d:Xq7-%dkelp\n"),
		"escaped lines":       "a: \"" + strings.Repeat(`b\\n`, n) + "\"\n",
	}
	for name, text := range files {
		t.Run(name, func(t *testing.T) {
			f := manifest.Read("in.yaml", []byte(text), manifest.DefaultLimits())
			start := time.Now()
			found := File(f, Options{})
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("%d bytes with %d findings took %s", len(text), len(found), took)
			}
		})
	}
}

func manyLines(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i, i)
	}
	return b.String()
}

// manyTokens are n credentials.
func manyTokens(n int, format string) string {
	var b strings.Builder
	for i := range n {
		letters := []byte(id[16:])
		for at := range letters {
			letters[at] = 'A' + byte(i>>(4*at)&15)
		}
		fmt.Fprintf(&b, format, id[:16]+string(letters))
	}
	return b.String()
}

// nestedText is a document in a text in a document.
func nestedText(depth int) string {
	text := "password: " + pw + "\n"
	for range depth {
		var b strings.Builder
		b.WriteString("data: |\n")
		for line := range strings.Lines(text) {
			b.WriteString("  " + line)
		}
		text = b.String()
	}
	return text
}

func FuzzFile(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		text, err := json.Marshal(randomObject(random))
		if err != nil {
			f.Fatal(err)
		}
		f.Add("in.yaml", string(text))
	}
	for _, text := range []string{nestedText(3), "a: |\n  {{ if x }}\n  password: " + pw + "\n  {{ end }}\n", "password: {{ default \"" + pw + "\" .x }}\n", "- op: add\n  path: /data/x\n  value: " + pw + "\n", "sops:\n  mac: x\n  encrypted_regex: (\npassword: x\n"} {
		f.Add("in.yaml", text)
		f.Add("templates/x.tpl", text)
		f.Add("kustomization.yaml", text)
		f.Add("a.properties", text)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		file := manifest.Read(name, []byte(text), manifest.DefaultLimits())
		for _, found := range File(file, Options{}) {
			check(t, file, found)
		}
		Sources(file)
	})
}
