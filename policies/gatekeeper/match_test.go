package gatekeeper

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

func node(t *testing.T, data []byte) *manifest.Node {
	t.Helper()
	f := manifest.Read("object.yaml", data, manifest.DefaultLimits())
	if len(f.Documents) != 1 {
		t.Fatalf("not one document: %s", data)
	}
	return f.Documents[0].Root
}

// TestMatchAsGator compares decisions with those that gator v3.23.1 gave for the
// same matches and objects (testdata/match.json was recorded from it, with all
// objects given at once, so that it knew the Namespaces).
func TestMatchAsGator(t *testing.T) {
	data, err := os.ReadFile("testdata/match.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Objects []json.RawMessage
		Cases   []struct {
			Match json.RawMessage
			Hits  []int
		}
	}
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	var objects []*manifest.Node
	namespaces := map[string]*manifest.Node{"": {Kind: manifest.Map}}
	for _, o := range recorded.Objects {
		n := node(t, o)
		objects = append(objects, n)
		if n.Get("kind").Str() == "Namespace" && n.Get("apiVersion").Str() == "v1" {
			namespaces[n.Lookup("metadata", "name").Str()] = n
		}
	}
	decided := 0
	for _, c := range recorded.Cases {
		m, err := readMatch(node(t, c.Match))
		if err != nil {
			t.Errorf("%s: %v", c.Match, err)
			continue
		}
		for i, o := range objects {
			d, why := m.Decide(Subject{Object: o, Namespace: namespaces[o.Lookup("metadata", "namespace").Str()], Source: SourceOriginal})
			want := No
			if slices.Contains(c.Hits, i) {
				want = Yes
			}
			if d != want {
				t.Errorf("match %s of %s: got %d (%s), want %d", c.Match, recorded.Objects[i], d, why, want)
			}
			decided++
		}
	}
	if decided < 2000 {
		t.Errorf("only %d decisions", decided)
	}
}

// TestMatchFields holds each field of a match to what it says by itself.
func TestMatchFields(t *testing.T) {
	const pod = `{apiVersion: v1, kind: Pod, metadata: {name: web-1, namespace: shop, labels: {app: web}}}`
	const around = `{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {tier: prod}}}`
	const role = `{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: ops}}`
	const generated = `{apiVersion: v1, kind: Pod, metadata: {generateName: job-, namespace: shop}}`
	tests := []struct {
		name, match, object, around, source string
		want                                Decision
	}{
		{"nothing set", `{}`, pod, "", SourceOriginal, Yes},
		{"kind", `{kinds: [{kinds: [Pod]}]}`, pod, "", SourceOriginal, Yes},
		{"other kind", `{kinds: [{kinds: [Service]}]}`, pod, "", SourceOriginal, No},
		{"kind of another group", `{kinds: [{apiGroups: [apps], kinds: [Pod]}]}`, pod, "", SourceOriginal, No},
		{"core group", `{kinds: [{apiGroups: [""], kinds: ["*"]}]}`, pod, "", SourceOriginal, Yes},
		{"any group", `{kinds: [{apiGroups: ["*"], kinds: [ClusterRole]}]}`, role, "", SourceOriginal, Yes},
		{"second entry", `{kinds: [{kinds: [Service]}, {kinds: [Pod]}]}`, pod, "", SourceOriginal, Yes},
		{"namespace", `{namespaces: [shop]}`, pod, "", SourceOriginal, Yes},
		{"namespace by prefix", `{namespaces: ["sh*"]}`, pod, "", SourceOriginal, Yes},
		{"namespace by suffix", `{namespaces: ["*op"]}`, pod, "", SourceOriginal, Yes},
		{"namespace by middle", `{namespaces: ["*ho*"]}`, pod, "", SourceOriginal, Yes},
		{"other namespace", `{namespaces: [prod]}`, pod, "", SourceOriginal, No},
		{"namespaces and a cluster object", `{namespaces: [prod]}`, role, "", SourceOriginal, Yes},
		{"a Namespace by its own name", `{namespaces: [shop]}`, around, "", SourceOriginal, Yes},
		{"excluded", `{excludedNamespaces: ["*op"]}`, pod, "", SourceOriginal, No},
		{"not excluded", `{excludedNamespaces: [kube-*]}`, pod, "", SourceOriginal, Yes},
		{"an excluded Namespace", `{excludedNamespaces: [shop]}`, around, "", SourceOriginal, No},
		{"scope of the cluster", `{scope: Cluster}`, role, "", SourceOriginal, Yes},
		{"scope of the cluster, in a namespace", `{scope: Cluster}`, pod, "", SourceOriginal, No},
		{"scope of namespaces", `{scope: Namespaced}`, pod, "", SourceOriginal, Yes},
		{"a Namespace is of the cluster", `{scope: Namespaced}`, around, "", SourceOriginal, No},
		{"labels", `{labelSelector: {matchLabels: {app: web}}}`, pod, "", SourceOriginal, Yes},
		{"other labels", `{labelSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}}`, pod, "", SourceOriginal, No},
		{"label is there", `{labelSelector: {matchExpressions: [{key: app, operator: Exists}]}}`, pod, "", SourceOriginal, Yes},
		{"labels of the namespace", `{namespaceSelector: {matchLabels: {tier: prod}}}`, pod, around, SourceOriginal, Yes},
		{"other labels of the namespace", `{namespaceSelector: {matchLabels: {tier: dev}}}`, pod, around, SourceOriginal, No},
		{"labels of an unknown namespace", `{namespaceSelector: {matchLabels: {tier: prod}}}`, pod, "", SourceOriginal, Undecided},
		{"unknown namespace, but another kind", `{kinds: [{kinds: [Service]}], namespaceSelector: {matchLabels: {tier: prod}}}`, pod, "", SourceOriginal, No},
		{"labels of a Namespace itself", `{namespaceSelector: {matchLabels: {tier: dev}}}`, around, "", SourceOriginal, No},
		{"namespaceSelector and a cluster object", `{namespaceSelector: {matchLabels: {tier: prod}}}`, role, "", SourceOriginal, Yes},
		{"name", `{name: web-1}`, pod, "", SourceOriginal, Yes},
		{"name by prefix", `{name: "web-*"}`, pod, "", SourceOriginal, Yes},
		{"other name", `{name: api}`, pod, "", SourceOriginal, No},
		{"generated name by prefix", `{name: "job*"}`, generated, "", SourceOriginal, Yes},
		{"generated name by suffix", `{name: "*job-"}`, generated, "", SourceOriginal, No},
		{"source all", `{source: All}`, pod, "", "", Yes},
		{"source original", `{source: Original}`, pod, "", SourceOriginal, Yes},
		{"source generated", `{source: Generated}`, pod, "", SourceOriginal, No},
		{"source not known", `{source: Generated}`, pod, "", "", Undecided},
		{"all that is set must match", `{kinds: [{kinds: [Pod]}], name: api}`, pod, "", SourceOriginal, No},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := readMatch(node(t, []byte(tt.match)))
			if err != nil {
				t.Fatal(err)
			}
			s := Subject{Object: node(t, []byte(tt.object)), Source: tt.source}
			if tt.around != "" {
				s.Namespace = node(t, []byte(tt.around))
			}
			got, why := m.Decide(s)
			if got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
			if (got == Undecided) != (why != "") {
				t.Errorf("decision %d with the reason %q", got, why)
			}
		})
	}
}

// TestMatchOfOldObject: an update matches also where only the old object does.
func TestMatchOfOldObject(t *testing.T) {
	m, err := readMatch(node(t, []byte(`{labelSelector: {matchLabels: {app: web}}}`)))
	if err != nil {
		t.Fatal(err)
	}
	s := Subject{
		Object: node(t, []byte(`{apiVersion: v1, kind: Pod, metadata: {name: a}}`)),
		Old:    node(t, []byte(`{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {app: web}}}`)),
	}
	if d, _ := m.Decide(s); d != Yes {
		t.Errorf("got %d, want a match by the old object", d)
	}
}

// TestBadSelectors: what the API server refuses is refused.
func TestBadSelectors(t *testing.T) {
	for _, match := range []string{
		`{labelSelector: {matchExpressions: [{key: app, operator: Is}]}}`,
		`{namespaceSelector: {matchExpressions: [{key: app, operator: In}]}}`,
		`{namespaces: shop}`,
	} {
		if _, err := readMatch(node(t, []byte(match))); err == nil {
			t.Errorf("%s was accepted", match)
		}
	}
}

// TestANamespaceIsKnownByItsName decides by the one label of a Namespace that is known
// without it.
func TestANamespaceIsKnownByItsName(t *testing.T) {
	object := node(t, []byte("{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}}"))
	for _, tt := range []struct {
		selector string
		want     Decision
	}{
		{"{matchLabels: {kubernetes.io/metadata.name: shop}}", Yes},
		{"{matchLabels: {kubernetes.io/metadata.name: other}}", No},
		{"{matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}]}", Yes},
		{"{matchLabels: {kubernetes.io/metadata.name: shop, team: a}}", Undecided},
		{"{matchLabels: {team: a}}", Undecided},
		{"{}", Yes},
	} {
		m, err := readMatch(node(t, []byte("{namespaceSelector: "+tt.selector+"}")))
		if err != nil {
			t.Fatal(err)
		}
		if got, why := m.Decide(Subject{Object: object, Source: SourceOriginal}); got != tt.want {
			t.Errorf("%s: %v (%s), want %v", tt.selector, got, why, tt.want)
		}
	}
}
