package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/testdata/cluster"
)

//go:embed objects.yaml
var objectsYAML []byte

// withoutFillers are the admission plugins that fill in fields too, or refuse a probe before the webhook sees it. They
// are off while defaults are recorded.
func withoutFillers() cluster.Options {
	return cluster.Options{WithoutAdmission: []string{
		"DefaultIngressClass", "DefaultStorageClass", "DefaultTolerationSeconds", "LimitRanger", "NamespaceLifecycle", "PodTopologyLabels",
		"Priority", "ResourceQuota", "RuntimeClass", "StorageObjectInUseProtection", "TaintNodesByCondition",
	}}
}

// recorder asks one API server.
type recorder struct {
	admin    *cluster.Client
	observer *observer
	objects  []object // of objects.yaml
}

func newRecorder(ctx context.Context, c *cluster.Cluster) (*recorder, error) {
	objects, err := objectsByHand()
	if err != nil {
		return nil, err
	}
	o, err := observe(ctx, c)
	if err != nil {
		return nil, err
	}
	return &recorder{admin: c.Client(cluster.Admin), observer: o, objects: objects}, nil
}

func (r *recorder) close() { r.observer.close() }

// record returns the table. Each result of each probe also goes to see, which may be nil.
func (r *recorder) record(ctx context.Context, see func(shown, *shape)) (table, error) {
	t := table{PodSpecs: podSpecs()}
	version, err := r.version(ctx)
	if err != nil {
		return table{}, err
	}
	t.Kubernetes = version
	kinds, err := r.kinds(ctx)
	if err != nil {
		return table{}, err
	}
	var problems []error
	byKind := map[string][]row{}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		rows, err := r.kind(ctx, kind, kinds[kind], see)
		if err != nil {
			problems = append(problems, err)
		}
		byKind[kind] = rows
	}
	if len(problems) > 0 {
		return table{}, errors.Join(problems...)
	}
	rows := shareRows(byKind)
	rows = append(rows, said()...)
	t.Rows, err = inOrder(rows)
	return t, err
}

// kind records one kind.
func (r *recorder) kind(ctx context.Context, kind string, s *shape, see func(shown, *shape)) ([]row, error) {
	probes := r.probes(kind, s)
	l := newLesson(kind, s)
	given := 0
	err := r.observer.showAll(ctx, probes, func(result shown) {
		if result.given == nil {
			// Answered before defaults: a value that the type cannot hold, or an invalid object of a kind that the
			// webhook is not called for.
			return
		}
		given++
		l.take(result)
		if see != nil {
			see(result, s)
		}
	})
	if err != nil {
		return nil, err
	}
	if given == 0 {
		return nil, fmt.Errorf("%s: the API server accepts none of %d probes; objects.yaml needs a valid one", kind, len(probes))
	}
	return l.rows()
}

// probes returns the probes of a kind. A PodSpec is asked in full as that of a pod. The kinds that webhooks are not
// called for have to be asked with valid objects.
func (r *recorder) probes(kind string, s *shape) []probe {
	var probes []probe
	exempt := strings.HasPrefix(kind, "admissionregistration.k8s.io/")
	if !exempt {
		brief := ""
		if kind != "v1 Pod" {
			brief = podSpecs()[kind]
		}
		probes = probesOf(kind, s, brief)
	}
	for i, o := range r.objects {
		if apiKindOf(o) != kind {
			continue
		}
		probes = append(probes, probe{input: o, purpose: fmt.Sprintf("object %d of objects.yaml", i+1)})
		if exempt {
			probes = append(probes, probesOn(o, s)...)
		}
	}
	return probes
}

// kinds returns the shapes of the kinds that the API server serves and that can be created, but for those nobody keeps
// in files.
func (r *recorder) kinds(ctx context.Context) (map[string]*shape, error) {
	versions, err := r.admin.APIVersions(ctx)
	if err != nil {
		return nil, err
	}
	kinds := map[string]*shape{}
	for _, apiVersion := range versions {
		resources, err := r.admin.Resources(ctx, apiVersion)
		if err != nil {
			return nil, err
		}
		shapes, err := shapesOf(ctx, r.admin, apiVersion)
		if err != nil {
			return nil, err
		}
		for _, resource := range resources {
			kind := apiVersion + " " + resource.Kind
			_, skipped := noDefaults()[kind]
			if skipped || strings.Contains(resource.Name, "/") || !slices.Contains(resource.Verbs, "create") {
				continue
			}
			if shapes[resource.Kind] == nil {
				return nil, fmt.Errorf("no schema of %s", kind)
			}
			kinds[kind] = shapes[resource.Kind]
		}
	}
	return kinds, nil
}

func (r *recorder) version(ctx context.Context) (string, error) {
	response, err := r.admin.Do(ctx, "GET", "/version", nil)
	if err != nil {
		return "", err
	}
	version, err := response.Object()
	if err != nil {
		return "", err
	}
	text, _ := version["gitVersion"].(string)
	return text, nil
}

func objectsByHand() ([]object, error) {
	var objects []object
	for document := range bytes.SplitSeq(objectsYAML, []byte("\n---\n")) {
		var o object
		if err := yaml.Unmarshal(document, &o); err != nil {
			return nil, fmt.Errorf("objects.yaml, document %d: %w", len(objects)+1, err)
		}
		objects = append(objects, o)
	}
	return objects, nil
}

// shareRows moves what holds for the PodSpec of every kind that has one to rows of PodSpec.
func shareRows(byKind map[string][]row) []row {
	specs := podSpecs()
	kindsWith := map[string]int{}
	for kind, rows := range byKind {
		for _, r := range rows {
			if moved, is := r.inPodSpec(specs[kind]); is {
				kindsWith[moved.text()]++
				if r.encoded {
					kindsWith[moved.text()] = len(specs) // further ones make it no less
				}
			}
		}
	}
	var all []row
	moved := map[string]bool{}
	for kind, rows := range byKind {
		for _, r := range rows {
			shared, is := r.inPodSpec(specs[kind])
			switch {
			case !is || kindsWith[shared.text()] < len(specs):
				all = append(all, r)
			case !moved[shared.text()]:
				moved[shared.text()] = true
				all = append(all, shared)
			}
		}
	}
	return all
}

// inPodSpec returns the row as one of PodSpec, if it is about nothing else.
func (r row) inPodSpec(spec string) (row, bool) {
	path, is := strings.CutPrefix(r.Path, spec+".")
	if spec == "" || !is {
		return row{}, false
	}
	moved := newRow(podSpec, path)
	moved.Value, moved.Zero = r.Value, r.Zero
	for where, c := range r.When {
		inside, is := strings.CutPrefix(where, spec+".")
		if !is {
			return row{}, false
		}
		if moved.When == nil {
			moved.When = map[string]condition{}
		}
		moved.When[inside] = c
	}
	return moved, true
}
