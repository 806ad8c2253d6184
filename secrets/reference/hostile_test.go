package reference_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets/reference"
)

// everything runs all that there is over a file.
func everything(f *manifest.File) {
	options := reference.Options{Addresses: []string{"https://a"}, Paths: []reference.PathRule{{Namespaces: []string{"*"}, Prefixes: []string{"kv/{namespace}"}}}, Known: []reference.StoreName{{Name: "x"}}}
	var references []reference.Reference
	var needs []reference.Need
	var stores []reference.Store
	var demands []reference.Demand
	var products []reference.Product
	for _, d := range f.Documents {
		references = append(references, reference.Of(d)...)
		reference.Faults(d, options)
		needs = append(needs, reference.Needs(d)...)
		stores = append(stores, reference.StoresOf(d)...)
		demands = append(demands, reference.Demands(d)...)
		products = append(products, reference.Products(d)...)
	}
	references = append(references, reference.OfText(f)...)
	reference.FaultsOfText(f, options)
	reference.Resolve(needs, stores, options)
	reference.Locate(references, stores, options)
	reference.Join(demands, products)
	reference.Clashes(products)
}

// Large and twisted inputs cost time in proportion to their size.
func TestHostileInputsTakeBoundedTime(t *testing.T) {
	const size = 2 << 20
	fill := func(part string) string { return strings.Repeat(part, size/len(part)) }
	value := func(text string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: '" + text + "'\n"
	}
	annotated := func(text string) string {
		return "apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: {avp.kubernetes.io/path: kv/data/a}}\nstringData:\n  a: '" + text + "'\n"
	}
	template := func(text string) string {
		return deployment(injected + "vault.hashicorp.com/agent-inject-template-a: '" + text + "'\n")
	}
	cases := map[string]string{
		"open angles":            annotated(fill("<")),
		"open paths":             value(fill("<path:")),
		"paths without an end":   value(fill("<path:a/b#")),
		"placeholders":           annotated(fill("<a>")),
		"whole placeholders":     value(fill("<path:a/b#c>")),
		"good and bad ones":      value(fill("<path:a/b#c><path:a/b ")),
		"open bank-vaults":       value(fill("${vault:")),
		"references of vals":     value(fill("ref+")),
		"schemes":                value(fill("ref+a")),
		"whole ones":             value(fill("ref+vault://a/b#/c+")),
		"long queries":           value("ref+vault://a?" + fill("a=b&")),
		"nested conditions":      template(fill("{{if .a}}")),
		"nested parentheses":     template("{{" + fill("(") + "}}"),
		"just below the limit":   template(strings.Repeat("{{if .a}}", 4999)),
		"parentheses below it":   template("{{" + strings.Repeat("(", 200<<10) + "}}"),
		"a long template":        template(fill("a")),
		"a long annotation name": deployment(injected + "vault.hashicorp.com/" + strings.Repeat("agent-", 5000) + ": x\n"),
		"many annotations":       deployment(injected + many(20000, func(i int) string { return fmt.Sprintf("vault.hashicorp.com/agent-inject-secret-%d: a/b\n", i) })),
		"unknown annotations":    deployment(injected + many(20000, func(i int) string { return fmt.Sprintf("vault.hashicorp.com/agent-injekt-%d: a/b\n", i) })),
		"many keys":              external("data:\n" + many(20000, func(i int) string { return fmt.Sprintf("- {secretKey: a%d, remoteRef: {key: k}}\n", i) })),
		"many templates": external("target:\n  template:\n    data:\n"+many(20000, func(i int) string { return fmt.Sprintf("      a%d: '{{ .b%d }}'\n", i, i) })) +
			"data: [{secretKey: a, remoteRef: {key: k}}]\n",
		"objects of a class":  class(many(20000, func(i int) string { return fmt.Sprintf("- {objectName: a%d, secretPath: b/c}\n", i) }), ""),
		"a class of brackets": class(strings.Repeat("[", 20000), ""),
		"many stores and needs": many(3000, func(i int) string {
			return store("SecretStore", "shop", fmt.Sprintf("store-%d", i), "") + needing(fmt.Sprintf("{name: stroe-%d}", i))
		}),
		"many Secrets and reads": many(2000, func(i int) string {
			return keeping("shop", fmt.Sprintf("secret-%d", i), "a") + reading("shop", fmt.Sprintf("secrte-%d", i))
		}),
		"operators and reads": many(2000, func(i int) string {
			return operators("shop", fmt.Sprintf("operated-%d", i), "a: b") + reading("shop", fmt.Sprintf("other-%d", i))
		}),
		"a registry of brackets": secret("", "data: {.dockerconfigjson: "+encoded(`{"auths":`+strings.Repeat("[", 500000))+"}\n"),
		"deep nesting":           strings.Repeat("a: {", 150) + "b: ref+vault://a/b#/c" + strings.Repeat("}", 150) + "\n",
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			if spent := spent("case.yaml", text); spent > limit {
				t.Errorf("it took %s", spent)
			}
		})
	}
	for name, text := range map[string]string{
		"a.env": fill("ref+vault://a/b\n"), "b.tf": fill("data \"vault_kv_secret_v2\" \"a\" {\n"), "c.tf": fill("\""), "d.tf": fill("${"), "e.tf": fill("<<A\n"), "f.tf": fill("/*"),
		"g.env": fill("hc_vault__list_0__map_vault_address=a\n"), "h.env": "<path:" + fill("a<path:"), "i.env": fill("ref+vault://a/b "),
	} {
		t.Run(name, func(t *testing.T) {
			if spent := spent(name, text); spent > limit {
				t.Errorf("it took %s", spent)
			}
		})
	}
}

// limit is what a case may take on a machine that others use as well; each takes less
// than a second of one that is free.
const limit = 10 * time.Second

// spent is how long a file takes: the best of a few tries.
func spent(name, text string) time.Duration {
	f := manifest.Read(name, []byte(text), manifest.DefaultLimits())
	best := time.Hour
	for try := 0; try < 3 && best > limit/4; try++ {
		start := time.Now()
		everything(f)
		best = min(best, time.Since(start))
	}
	return best
}

func many(n int, make func(int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(make(i))
	}
	return b.String()
}

// A number of faults is told, and no more.
func TestFaultsAreBounded(t *testing.T) {
	text := external("data:\n" + many(3000, func(int) string { return "- {secretKey: a/b, remoteRef: {}}\n" }))
	if n := len(reference.Faults(read(t, "case.yaml", text).Documents[0], reference.Options{})); n != 500 {
		t.Errorf("%d faults, want 500", n)
	}
}

func FuzzDocuments(f *testing.F) {
	for _, text := range samples() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		everything(manifest.Read("kustomization.yaml", data, manifest.DefaultLimits()))
	})
}

// FuzzInline puts a text into a value, in the clear and in base64, and into files of
// settings and of Terraform.
func FuzzInline(f *testing.F) {
	for _, text := range []string{"<path:kv/data/a#b#1 | indent 2>", "<a>", "ref+vault://a/b?version=1#/c+", ">>vault:a/b#c#{\"d\":1}", "${vault:a/b#${.c}}",
		"vault:v1:abc", "secrets+age-import://a?b", "data \"vault_generic_secret\" \"a\" { path = \"b\" }", "sops_hc_vault__list_0__map_vault_address=a", "{{ with secret \"a/data/b\" }}{{ .Data.x }}{{ end }}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		annotations := &manifest.Node{Key: "annotations", Kind: manifest.Map, Items: []manifest.Node{
			{Key: "avp.kubernetes.io/path", Kind: manifest.String, Text: text},
			{Key: "vault.hashicorp.com/agent-inject", Kind: manifest.String, Text: "true"},
			{Key: "vault.hashicorp.com/agent-inject-template-a", Kind: manifest.String, Text: text},
			{Key: "vault.hashicorp.com/agent-inject-secret-a", Kind: manifest.String, Text: text},
			{Key: "vault.hashicorp.com/" + text, Kind: manifest.String, Text: text}}}
		root := &manifest.Node{Kind: manifest.Map, Items: []manifest.Node{
			{Key: "apiVersion", Kind: manifest.String, Text: "v1"}, {Key: "kind", Kind: manifest.String, Text: "Secret"},
			{Key: "metadata", Kind: manifest.Map, Items: []manifest.Node{{Key: "name", Kind: manifest.String, Text: text}, *annotations}},
			{Key: "stringData", Kind: manifest.Map, Items: []manifest.Node{{Key: "a", Kind: manifest.String, Text: text}, {Key: text, Kind: manifest.String, Text: text}}},
			{Key: "data", Kind: manifest.Map, Items: []manifest.Node{{Key: "a", Kind: manifest.String, Text: encoded(text)}, {Key: ".dockerconfigjson", Kind: manifest.String, Text: encoded(text)}}}}}
		d := manifest.NewDocument("a.yaml", 0, "", root)
		for _, r := range reference.Of(d) {
			if r.Node == nil || r.Start < 0 || r.End < r.Start || r.End > len(r.Node.Text) {
				t.Errorf("the span %d to %d is none of its text", r.Start, r.End)
			}
		}
		everything(&manifest.File{Path: "a.yaml", Documents: []*manifest.Document{d}})
		for _, name := range []string{"a.tf", "a.env"} {
			f := manifest.Read(name, []byte(text), manifest.DefaultLimits())
			for _, r := range reference.OfText(f) {
				if r.Start < 0 || r.End < r.Start || r.End > len(f.Text) || r.At.Line == 0 {
					t.Errorf("the span %d to %d is none of its text", r.Start, r.End)
				}
			}
			everything(f)
		}
	})
}

// What is quoted in a reason is cut off.
func TestReasonsAreBounded(t *testing.T) {
	long := strings.Repeat("é", 450)
	for _, text := range []string{deployment(injected + "vault.hashicorp.com/" + long + ": x\n"), external("target: {template: {data: {x: '{{ ." + long + " }}'}}}\n" + one)} {
		faults := reference.Faults(read(t, "case.yaml", text).Documents[0], reference.Options{})
		if len(faults) != 1 || len(faults[0].Reason) > 600 || !utf8.ValidString(faults[0].Reason) {
			t.Errorf("got %d faults, want one with a short reason", len(faults))
		}
	}
}
