package gates

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/policies/cel"
	"github.com/gatehouse-dev/gatehouse/policies/rego"
	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

// celCase is a ValidatingAdmissionPolicy with what its bindings say.
type celCase struct {
	Spec    map[string]any `json:"spec"`
	Binding map[string]any `json:"binding"`
	Refused bool           `json:"refused"` // by the API server
	Open    bool           `json:"open"`    // a file does not tell enough for some objects
	Changes []struct {
		Old map[string]any `json:"old"`
		New map[string]any `json:"new"` // nil where it is deleted
	} `json:"changes"`
}

// objects are the policy of a case for the objects that are labelled with it, and its two
// bindings: one that denies, one that warns of everything.
func (c celCase) objects(name string) []map[string]any {
	spec := maps.Clone(c.Spec)
	if spec["matchConstraints"] == nil {
		all := []any{"*"}
		spec["matchConstraints"] = map[string]any{"resourceRules": []any{map[string]any{
			"apiGroups": all, "apiVersions": all, "operations": []any{"CREATE", "UPDATE"}, "resources": all,
		}}}
	}
	if len(c.Spec) == 0 {
		spec = map[string]any{}
	}
	list := []map[string]any{{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
		"metadata": map[string]any{"name": name}, "spec": spec,
	}}
	for binding, actions := range map[string][]any{"deny": {"Deny", "Audit"}, "warn": {"Warn"}} {
		spec := map[string]any{"policyName": name, "validationActions": actions}
		match := map[string]any{}
		for key, value := range c.Binding {
			spec[key] = value
			if given, ok := value.(map[string]any); ok && key == "matchResources" {
				match = maps.Clone(given)
			}
		}
		match["objectSelector"] = map[string]any{"matchLabels": map[string]any{"case": name}}
		spec["matchResources"] = match
		list = append(list, map[string]any{
			"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
			"metadata": map[string]any{"name": binding + "." + name}, "spec": spec,
		})
	}
	return list
}

// labelled is a copy of an object that the policy of a case is for.
func labelled(object map[string]any, name string) map[string]any {
	meta := maps.Clone(object["metadata"].(map[string]any))
	labels, _ := meta["labels"].(map[string]any)
	labels = maps.Clone(labels)
	if labels == nil {
		labels = map[string]any{}
	}
	labels["case"] = name
	meta["labels"] = labels
	object = maps.Clone(object)
	object["metadata"] = meta
	return object
}

// TestAdmissionPolicies puts policies into a real API server and compares its verdicts
// and messages with those of package cel, object by object.
func TestAdmissionPolicies(t *testing.T) {
	folder := filepath.Join("..", "..", "policies", "cel", "testdata")
	var cases []celCase
	data, err := os.ReadFile(filepath.Join(folder, "cases.yaml"))
	if err == nil {
		err = yaml.Unmarshal(data, &cases)
	}
	if err != nil {
		t.Fatal(err)
	}
	around, objects := celObjects(t, filepath.Join(folder, "around.yaml")), celObjects(t, filepath.Join(folder, "objects.yaml"))
	c := cluster.Start(t, cluster.Options{})
	p := celParity{t: t, admin: c.Client(cluster.Admin), around: around}
	p.surround()
	p.prepare(cases)
	inForce := p.install(cases)

	p.discover()
	compared := 0
	for i, c := range cases {
		if c.Refused {
			continue
		}
		name := celName(i)
		set := inForce[name]
		for _, object := range objects {
			p.compare(set, c, name, "CREATE", labelled(object, name), nil)
			compared++
		}
		for _, change := range c.Changes {
			if change.New == nil {
				p.compare(set, c, name, "DELETE", nil, p.own(labelled(change.Old, name), name))
			} else {
				p.compare(set, c, name, "UPDATE", p.own(labelled(change.New, name), name), p.own(labelled(change.Old, name), name))
			}
			compared++
		}
	}
	t.Logf("%d policies, %d requests, %d denied, %d not decided from the file, %d of them with the user", len(inForce), compared, p.denied, p.open, p.told)
	if len(inForce) < 60 || compared < 1000 || p.denied < 300 || p.told < 20 {
		t.Errorf("too little was compared")
	}
}

func celName(i int) string { return fmt.Sprintf("c%03d.example.com", i) }

func celObjects(t *testing.T, file string) []map[string]any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	for _, text := range bytes.Split(data, []byte("\n---\n")) {
		var object map[string]any
		if err := yaml.Unmarshal(text, &object); err != nil {
			t.Fatalf("%s: %v\n%s", file, err, text)
		}
		list = append(list, object)
	}
	return list
}

// celParity compares one API server with package cel.
type celParity struct {
	t      *testing.T
	admin  *cluster.Client
	around []map[string]any
	// told are those that are open from a file, and decided where the user is known.
	denied, open, told int
	late               int // evaluations of one request that did not end in time
}

// surround makes the Namespaces, kinds and parameters of all cases.
func (p *celParity) surround() {
	order := func(o map[string]any) int {
		return slices.Index([]string{"Namespace", "CustomResourceDefinition", "ConfigMap", "Site"}, o["kind"].(string))
	}
	list := slices.Clone(p.around)
	slices.SortStableFunc(list, func(a, b map[string]any) int { return order(a) - order(b) })
	for _, object := range list {
		p.eventually(object)
	}
}

// eventually creates an object; a kind that was just defined is served a little later.
func (p *celParity) eventually(object map[string]any) {
	p.t.Helper()
	var err error
	for range 100 {
		var r *cluster.Response
		if r, err = p.admin.Create(p.t.Context(), object, cluster.Write{}); err == nil {
			if err = r.Err(); err == nil {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.t.Fatal(err)
}

// own gives an object the name of its case, since all lie in one cluster.
func (p *celParity) own(object map[string]any, name string) map[string]any {
	short, _, _ := strings.Cut(name, ".")
	meta := maps.Clone(object["metadata"].(map[string]any))
	meta["name"] = meta["name"].(string) + "-" + short
	object = maps.Clone(object)
	object["metadata"] = meta
	return object
}

// prepare creates what is to be changed, before there are policies.
func (p *celParity) prepare(cases []celCase) {
	for i, c := range cases {
		for _, change := range c.Changes {
			p.eventually(p.own(labelled(change.Old, celName(i)), celName(i)))
		}
	}
}

// install creates the policies and compares which are refused. It returns when all are in
// force.
func (p *celParity) install(cases []celCase) map[string]*cel.Set {
	p.t.Helper()
	inForce := map[string]*cel.Set{}
	for i, c := range append(slices.Clone(cases), probeCase) {
		name := celName(i)
		objects := c.objects(name)
		set, faults := cel.Load(p.documents(append(objects, p.around...)))
		for j, object := range objects {
			r, err := p.admin.Create(p.t.Context(), object, cluster.Write{})
			if err != nil {
				p.t.Fatal(err)
			}
			if refused := r.Err(); j == 0 && (refused != nil) != (len(faults) > 0) {
				p.t.Errorf("%s %v: the API server says %v, Gatehouse %v", name, c.Spec, refused, faults)
			} else if j == 0 && c.Refused != (refused != nil) {
				p.t.Errorf("%s %v: refused: %v", name, c.Spec, refused)
			} else if j > 0 && refused != nil {
				p.t.Errorf("%s: %v", name, refused)
			}
		}
		if i < len(cases) && !c.Refused {
			inForce[name] = set
		}
	}
	probe := labelled(map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "probe", "namespace": "shop"}}, celName(len(cases)))
	for range 600 {
		r, err := p.admin.Create(p.t.Context(), probe, cluster.Write{DryRun: true})
		if err != nil {
			p.t.Fatal(err)
		}
		if r.Err() != nil {
			return inForce
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.t.Fatal("the API server does not take up the policies")
	return nil
}

// probeCase is the policy that is installed last.
var probeCase = celCase{Spec: map[string]any{"validations": []any{map[string]any{"expression": "false"}}}}

func (p *celParity) documents(objects []map[string]any) []*manifest.Document {
	p.t.Helper()
	var list []*manifest.Document
	for _, object := range objects {
		list = append(list, p.document(object))
	}
	return list
}

func (p *celParity) document(object map[string]any) *manifest.Document {
	p.t.Helper()
	data, err := json.Marshal(object)
	if err != nil {
		p.t.Fatal(err)
	}
	f := manifest.Read("object.json", data, manifest.DefaultLimits())
	if len(f.Documents) != 1 {
		p.t.Fatalf("%s: %d documents", data, len(f.Documents))
	}
	return f.Documents[0]
}

// celAnswer is what becomes of a request.
type celAnswer struct {
	Denied   []string // the messages; the API server gives one of them
	Warnings []string // in their order
}

// same compares the answer of package cel with that of the API server, which takes the
// bindings of a policy in no particular order.
func (a celAnswer) same(server celAnswer) bool {
	if len(server.Denied) == 0 {
		return len(a.Denied) == 0 && slices.Equal(a.Warnings, server.Warnings)
	}
	return slices.Contains(a.Denied, server.Denied[0]) && slices.Equal(a.Warnings, server.Warnings)
}

// settled is how long an answer is asked for again that differs: the API server takes up
// policies and their parameters one after the other.
const settled = 3 * time.Second

func (p *celParity) compare(set *cel.Set, c celCase, name, operation string, now, before map[string]any) {
	p.t.Helper()
	got, open := p.judged(set, operation, now, before)
	if open {
		if !c.Open {
			p.t.Errorf("%s %v: %s of %v is not decided", name, c.Spec, operation, now)
		}
		p.open++
		// What a file does not tell, an admission may.
		if got, open = p.judged(set, operation, now, before, admin); open {
			return
		}
		p.told++
	}
	if p.late > 0 {
		p.late = 0
		return
	}
	var want celAnswer
	for end := time.Now().Add(settled); ; time.Sleep(50 * time.Millisecond) {
		want = p.asked(name, operation, now, before)
		if got.same(want) || time.Now().After(end) {
			break
		}
	}
	if !got.same(want) {
		p.t.Errorf("%s %v: %s of %v %v: (-API server +Gatehouse)\n%s", name, c.Spec, operation, now["metadata"], before["metadata"], cmp.Diff(want, got))
	}
	if len(want.Denied) > 0 {
		p.denied++
	}
}

// admin is who makes the requests.
var admin = manifest.Node{Key: "userInfo", Kind: manifest.Map, Items: []manifest.Node{{Key: "username", Kind: manifest.String, Text: cluster.Admin}}}

// judged is the answer of package cel.
func (p *celParity) judged(set *cel.Set, operation string, now, before map[string]any, fields ...manifest.Node) (a celAnswer, open bool) {
	r := cel.Request{Operation: operation, Fields: append(fields, manifest.Node{Key: "dryRun", Kind: manifest.Bool, Text: "true"})}
	if now != nil {
		r.Object = cel.NewObject(p.document(now).Canonical())
	}
	if before != nil {
		r.Old = cel.NewObject(p.document(before).Canonical())
	}
	for _, policy := range set.Policies {
		found, err := set.Judge(context.Background(), policy, r)
		if errors.Is(err, cel.ErrUndecided) {
			return a, true
		}
		if errors.Is(err, rego.ErrDeadline) {
			p.late++
			p.t.Logf("%s: this machine is too slow for what the policy may cost", policy.Name)
		}
		for _, v := range found {
			if v.Place(context.Background()).Node == nil {
				p.t.Errorf("%s: %q is at no place", policy.Name, v.Message)
			}
			switch denies := slices.Contains(v.Binding.Actions(), cel.Deny); {
			case denies, v.Always:
				a.Denied = append(a.Denied, v.Message)
			default:
				a.Warnings = append(a.Warnings, v.Message)
			}
		}
	}
	return a, false
}

// current gives an object the version of the one that it replaces.
func (p *celParity) current(object map[string]any) map[string]any {
	p.t.Helper()
	r, err := p.admin.Get(p.t.Context(), object, cluster.Write{})
	if err != nil {
		p.t.Fatal(err)
	}
	stored, err := r.Object()
	if err != nil {
		p.t.Fatal(err)
	}
	meta := maps.Clone(object["metadata"].(map[string]any))
	meta["resourceVersion"] = stored["metadata"].(map[string]any)["resourceVersion"]
	object = maps.Clone(object)
	object["metadata"] = meta
	return object
}

// asked is the answer of the API server.
func (p *celParity) asked(name, operation string, now, before map[string]any) (a celAnswer) {
	p.t.Helper()
	var r *cluster.Response
	var err error
	switch w := (cluster.Write{DryRun: true}); operation {
	case "CREATE":
		r, err = p.admin.Create(p.t.Context(), now, w)
	case "UPDATE":
		r, err = p.admin.Replace(p.t.Context(), p.current(now), w)
	default:
		r, err = p.admin.Delete(p.t.Context(), before, w)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	for _, w := range r.Warnings {
		if _, message, ok := strings.Cut(w, "' with binding 'warn."+name+"': "); ok {
			a.Warnings = append(a.Warnings, message)
		}
	}
	if refused := r.Err(); refused != nil {
		_, message, ok := strings.Cut(refused.Error(), "denied request: ")
		if !ok {
			p.t.Fatalf("%s: %v", name, refused)
		}
		a.Denied = []string{message}
	}
	return a
}

// discovered is a list of the discovery API.
type discovered struct {
	Groups []struct {
		Versions []struct {
			GroupVersion string `json:"groupVersion"`
		} `json:"versions"`
	} `json:"groups"`
	Resources []struct {
		Name       string   `json:"name"`
		Kind       string   `json:"kind"`
		Namespaced bool     `json:"namespaced"`
		Verbs      []string `json:"verbs"`
	} `json:"resources"`
}

func (p *celParity) list(path string) (list discovered) {
	p.t.Helper()
	r, err := p.admin.Do(p.t.Context(), "GET", path, nil)
	if err == nil {
		err = r.Err()
	}
	if err == nil {
		err = json.Unmarshal(r.Body, &list)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return list
}

// discover compares what the API server serves with what package cel knows of it: a rule
// for the resource, in its scope, is for objects of its kind.
func (p *celParity) discover() {
	p.t.Helper()
	groups := map[string]string{"v1": "/api/v1"}
	for _, g := range p.list("/apis").Groups {
		for _, v := range g.Versions {
			groups[v.GroupVersion] = "/apis/" + v.GroupVersion
		}
	}
	known := 0
	for version, path := range groups {
		for _, r := range p.list(path).Resources {
			if strings.Contains(r.Name, "/") || !slices.Contains(r.Verbs, "create") || strings.HasPrefix(version, "admissionregistration.k8s.io/") {
				continue
			}
			known++
			group, v, ok := strings.Cut(version, "/")
			if !ok {
				group, v = "", group
			}
			scope := "Cluster"
			if r.Namespaced {
				scope = "Namespaced"
			}
			rule := map[string]any{"apiGroups": []any{group}, "apiVersions": []any{v}, "operations": []any{"CREATE"}, "resources": []any{r.Name}, "scope": scope}
			c := celCase{Spec: map[string]any{
				"matchConstraints": map[string]any{"matchPolicy": "Exact", "resourceRules": []any{rule}},
				"validations":      []any{map[string]any{"expression": "false"}},
			}}
			set, faults := cel.Load(p.documents(append(c.objects("p"), p.around...)))
			if len(faults) > 0 {
				p.t.Fatal(faults)
			}
			object := map[string]any{"apiVersion": version, "kind": r.Kind, "metadata": map[string]any{"name": "x", "labels": map[string]any{"case": "p"}}}
			if a, open := p.judged(set, "CREATE", object, nil); open || len(a.Denied) != 1 {
				p.t.Errorf("%s %s: %s (%s) is not taken for it: %v", version, r.Kind, r.Name, scope, a)
			}
		}
	}
	if known < 50 {
		p.t.Errorf("the API server serves only %d kinds", known)
	}
	p.t.Logf("%d kinds are served", known)
}
