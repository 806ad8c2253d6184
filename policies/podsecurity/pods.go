package podsecurity

import (
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// templates are the fields in which kinds keep the template of their pods.
var templates = map[string][]string{
	"v1/Pod":                             {},
	"v1/PodTemplate":                     {"template"},
	"v1/ReplicationController":           {"spec", "template"},
	"apps/Deployment":                    {"spec", "template"},
	"apps/ReplicaSet":                    {"spec", "template"},
	"apps/StatefulSet":                   {"spec", "template"},
	"apps/DaemonSet":                     {"spec", "template"},
	"batch/Job":                          {"spec", "template"},
	"batch/CronJob":                      {"spec", "jobTemplate", "spec", "template"},
	"argoproj.io/Rollout":                {"spec", "template"},
	"serving.knative.dev/Service":        {"spec", "template"},
	"serving.knative.dev/Revision":       {},
	"keda.sh/ScaledJob":                  {"spec", "jobTargetRef", "template"},
	"apps.kruise.io/CloneSet":            {"spec", "template"},
	"apps.kruise.io/StatefulSet":         {"spec", "template"},
	"apps.kruise.io/DaemonSet":           {"spec", "template"},
	"apps.openshift.io/DeploymentConfig": {"spec", "template"},
}

// A Pod is a pod in an object.
type Pod struct {
	Path       string         // of what holds metadata and spec, "" for a Pod itself
	Meta, Spec *manifest.Node // Meta may be nil
}

// PodOf returns the pod that an object is, or makes; ok is false where it makes
// none or does not say its spec.
func PodOf(d *manifest.Document) (p Pod, ok bool) {
	group := d.Object.Group()
	if group == "" {
		group = d.Object.Version()
	}
	fields, known := templates[group+"/"+d.Object.Kind]
	if !known {
		return Pod{}, false
	}
	n := d.Canonical()
	for _, key := range fields {
		n = n.Get(key)
		p.Path = manifest.JoinField(p.Path, key)
	}
	p.Meta, p.Spec = n.Get("metadata"), n.Get("spec")
	return p, p.Spec != nil && p.Spec.Kind == manifest.Map
}
