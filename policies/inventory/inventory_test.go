package inventory

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

func read(t testing.TB, file, text string) *manifest.File {
	t.Helper()
	return manifest.Read(file, []byte(text), manifest.DefaultLimits())
}

// treeOf makes a tree of files with the facts that are taken of them.
func treeOf(t testing.TB, files map[string]string) checks.Tree {
	t.Helper()
	var list []checks.File
	var facts []checks.Fact
	var names []string
	for _, name := range sorted(files) {
		text := files[name]
		names = append(names, name)
		list = append(list, checks.File{Path: name, Load: func() ([]byte, error) { return []byte(text), nil }})
		f := read(t, name, text)
		facts = append(facts, FileFacts(f)...)
		for _, d := range f.Documents {
			facts = append(facts, Facts(d)...)
		}
	}
	tree := checks.NewTree(list, manifest.DefaultLimits())
	tree.Facts, tree.Layout = facts, checks.Layout{}.WithFiles(names)
	return tree
}

// placed tells of units what they hold, as "folder environment: kind namespace/name, …".
func placed(units []Unit) []string {
	var out []string
	for _, u := range units {
		var list []string
		for _, o := range u.Objects {
			text := o.Kind + " " + o.Namespace + "/" + o.As
			if o.Touched {
				text += " touched"
			}
			list = append(list, text)
		}
		line := strings.TrimSpace(u.Dir+" "+u.Environment) + ": " + strings.Join(list, ", ")
		if u.Open {
			line += " open"
		}
		if len(u.Spaces) > 0 {
			line += " open in " + strings.Join(u.Spaces, " ")
		}
		out = append(out, line)
	}
	return out
}

const web = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n"

func TestUnits(t *testing.T) {
	flux := func(path, more string) string {
		return "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web, namespace: flux-system}\nspec: {path: " + path + ", sourceRef: {kind: GitRepository, name: fleet}" + more + "}\n"
	}
	tests := map[string]struct {
		files map[string]string
		want  []string
	}{
		"an overlay names and places what its base holds": {
			map[string]string{
				"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": web,
				"overlays/dev/kustomization.yaml": "resources: [../../base]\nnamespace: shop\nnamePrefix: dev-\nconfigMapGenerator: [{name: settings}]\n",
			},
			[]string{"overlays/dev development: Service shop/dev-web, ConfigMap shop/dev-settings"},
		},
		"prefixes add up": {
			map[string]string{
				"a/kustomization.yaml": "resources: [web.yaml]\nnamePrefix: a-\nnamespace: one\n", "a/web.yaml": web,
				"b/kustomization.yaml": "resources: [../a]\nnamePrefix: b-\nnameSuffix: -c\nnamespace: two\n",
			},
			[]string{"b: Service two/b-a-web-c"},
		},
		"a base is applied where an agent says so, too": {
			map[string]string{
				"base/kustomization.yaml": "resources: [web.yaml]\n", "base/web.yaml": web, "over/kustomization.yaml": "resources: [../base]\n",
				"clusters/live/web.yaml": flux("./base", ", targetNamespace: shop"),
			},
			[]string{"base production: Service shop/web", "clusters/live production: Kustomization flux-system/web", "over: Service /web"},
		},
		"patches touch what they name": {
			map[string]string{
				"kustomization.yaml": "resources: [web.yaml, api.yaml]\npatches:\n- target: {kind: Service, name: web}\n  patch: |\n    - {op: replace, path: /spec/selector/app, value: shop}\n- path: metadata.yaml\n",
				"web.yaml":           web, "api.yaml": strings.Replace(web, "name: web", "name: api", 1),
				"metadata.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: api, annotations: {a: b}}\n",
			},
			[]string{".: Service /web touched, Service /api"},
		},
		"what lies elsewhere opens a namespace, or what is built with it": {
			map[string]string{
				"a/kustomization.yaml": "resources: [web.yaml, 'https://example.org/base']\n", "a/web.yaml": web,
				"b/kustomization.yaml": "resources: [../a]\nnamespace: shop\n", "c/kustomization.yaml": "resources: [../a, ../gone]\n",
			},
			[]string{"b: Service shop/web open in shop", "c: Service /web open"},
		},
		"kustomizations that take each other in": {
			map[string]string{"a/kustomization.yaml": "resources: [../b, web.yaml]\n", "a/web.yaml": web, "b/kustomization.yaml": "resources: [../a]\n"},
			nil,
		},
		"a set of applications applies each folder that fits": {
			map[string]string{
				"set.yaml":      "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: apps}\nspec: {template: {spec: {destination: {namespace: '{{path.basename}}'}, source: {path: 'apps/{{path.basename}}'}}}}\n",
				"apps/a/w.yaml": web, "apps/b/w.yaml": web, "other/w.yaml": web,
			},
			[]string{".: ApplicationSet /apps", "apps/a: Service /web", "apps/b: Service /web", "other: Service /web"},
		},
		"what a template writes is not known": {
			map[string]string{"apps/w.yaml": web, "apps/x.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x\n"},
			[]string{"apps: Service /web open"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, placed(unitsOf(t, test.files))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func unitsOf(t *testing.T, files map[string]string) []Unit {
	t.Helper()
	units, err := Units(treeOf(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return units
}

// TestUnitsAreBounded holds that folders which take each other in many times are
// told of as too many.
func TestUnitsAreBounded(t *testing.T) {
	files := map[string]string{"0/kustomization.yaml": "resources: [web.yaml]\n", "0/web.yaml": web}
	for i := 1; i < 40; i++ {
		files[fmt.Sprintf("%d/kustomization.yaml", i)] = fmt.Sprintf("resources: [a, b]\nnamePrefix: x%d-\n", i)
		for _, side := range []string{"a", "b"} {
			files[fmt.Sprintf("%d/%s/kustomization.yaml", i, side)] = fmt.Sprintf("resources: [../../%d]\nnamePrefix: %s-\n", i-1, side)
		}
	}
	if _, err := Units(treeOf(t, files)); !errors.Is(err, ErrTooMany) {
		t.Errorf("got %v, want %v", err, ErrTooMany)
	}
}

// TestAgentsAreBounded holds that agents which apply one large folder again and again are
// told of as too many, and not followed.
func TestAgentsAreBounded(t *testing.T) {
	files := map[string]string{}
	var agents strings.Builder
	for i := range 1200 {
		files[fmt.Sprintf("apps/c%d.yaml", i)] = fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d}\n", i)
		fmt.Fprintf(&agents, "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: k%d, namespace: flux-system}\nspec: {path: ./apps}\n", i)
	}
	files["agents.yaml"] = agents.String()
	if _, err := Units(treeOf(t, files)); !errors.Is(err, ErrTooMany) {
		t.Errorf("got %v, want %v", err, ErrTooMany)
	}
}

// secretEverywhere is a value that stands wherever a file may hold one.
const secretEverywhere = "canary-6f1d0c7be2"

func objectsWithSecrets() []string {
	return []string{
		"apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: shop}\nstringData: {password: §}\n",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-notifications-cm, annotations: {x: §}}\ndata: {subscriptions: §, password: §}\n",
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a, args: [--password=§], env: [{name: PASSWORD, value: §}]}]}}}\n",
		"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, annotations: {nginx.ingress.kubernetes.io/auth-snippet: §}}\nspec: {rules: [{host: a.example.org}]}\n",
		"apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec: {chart: {spec: {chart: a}}, values: {password: §, text: \"token: §\\n\", more: §}}\n",
		"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: {source: {path: a, helm: {values: \"password: §\\n\"}, kustomize: {patches: [{patch: \"a: §\"}]}}}\n",
		"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nsecretGenerator: [{name: a, literals: [password=§]}]\npatches: [{patch: \"- {op: add, path: /spec/ports, value: §}\"}]\n",
	}
}

// TestFactsHoldNoValues holds that no value of a setting is among the facts.
func TestFactsHoldNoValues(t *testing.T) {
	for i, text := range objectsWithSecrets() {
		name := "a.yaml"
		if strings.Contains(text, "secretGenerator") {
			name = "kustomization.yaml"
		}
		var facts []checks.Fact
		for _, d := range read(t, name, strings.ReplaceAll(text, "§", secretEverywhere)).Documents {
			facts = append(facts, Facts(d)...)
		}
		if len(facts) == 0 {
			t.Errorf("object %d has no facts", i)
		}
		if strings.Contains(fmt.Sprintf("%+v", facts), secretEverywhere) {
			t.Errorf("object %d: a value is among the facts: %+v", i, facts)
		}
	}
}

// TestUnpack holds that what is packed comes back, and that nothing else makes trouble.
func TestUnpack(t *testing.T) {
	root := read(t, "a.yaml", "a: {b: [1, true, null, x], c: 'y'}\nd: \"z\"\n").Documents[0].Root
	text := pack(root, nil)
	got := unpack(text)
	if got == nil {
		t.Fatal("nothing came back")
	}
	if diff := cmp.Diff(root.Value(), got.Value()); diff != "" {
		t.Error(diff)
	}
	if got.Lookup("a", "c").Place() != root.Lookup("a", "c").Place() {
		t.Error("a place is lost")
	}
	for i := range text {
		unpack(text[:i])
		for _, b := range []byte{0, 1, 4, 5, 0x14, 0x7f, 0xff} {
			unpack(text[:i] + string([]byte{b}) + text[i+1:])
		}
	}
	deep := strings.Repeat(string([]byte{byte(manifest.List), 1, 1, 1}), 100_000)
	if unpack(deep) != nil {
		t.Error("a tree without an end came back")
	}
}

// TestWhole holds that an object of facts is the one of the file, but for what is left
// out.
func TestWhole(t *testing.T) {
	file := read(t, "a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: a:1\n---\n"+
		"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: hunter2}\n---\n"+
		"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: c}\nspec: {group: g, versions: [{name: v1, schema: {openAPIV3Schema: {type: object}}}]}\n")
	var facts []checks.Fact
	for _, d := range file.Documents {
		facts = append(facts, WholeFacts(d)...)
	}
	list := Whole(facts)
	if len(list) != 3 {
		t.Fatalf("%d objects", len(list))
	}
	if diff := cmp.Diff(file.Documents[0].Canonical().Value(), list[0].Canonical().Value()); diff != "" {
		t.Errorf("the pod (-file +facts):\n%s", diff)
	}
	if got := list[0].Root.Lookup("spec", "containers").Items[0].Get("image").Place(); got != (manifest.Pos{Line: 7, Column: 5}) {
		t.Errorf("the image stands at %v", got)
	}
	if diff := cmp.Diff(map[string]any{"password": ""}, list[1].Root.Get("data").Value()); diff != "" {
		t.Errorf("the Secret:\n%s", diff)
	}
	if v := list[2].Root.Lookup("spec", "versions").Items[0]; v.Get("schema") != nil || v.Get("name").Str() != "v1" {
		t.Errorf("the definition: %v", v.Value())
	}
	if strings.Contains(fmt.Sprint(facts), "hunter2") {
		t.Error("a value is among the facts")
	}
}
