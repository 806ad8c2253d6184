package builtin

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

func duplicateKey() checks.Check {
	return checks.Check{
		ID:       "duplicate-key",
		Title:    "Key stands twice in one map",
		Category: checks.Manifest,
		Severity: checks.Error,
		Why: "YAML forbids a key that stands twice. Kubernetes takes the last one and says nothing, kustomize and Helm refuse the file, " +
			"and a reader sees whichever he finds first. So what was reviewed is not what runs.",
		Fix: "Keep one of the two and delete the other.",
		Bad: []string{`apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: ClusterIP
  selector:
    app: web
  type: LoadBalancer
`, `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"mode": "safe", "mode": "fast"}}
`},
		Good: []string{`apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: LoadBalancer
  selector:
    app: web
`, `# A key that replaces one from a merge (<<) is no duplicate.
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data: &base
  mode: safe
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: overlay
  labels: &labels
    tier: front
    app: web
  annotations:
    <<: *labels
    tier: back
`},
		Document: func(p *checks.Pass, d *manifest.Document) error {
			for _, dup := range d.Duplicates {
				where := checks.At(d, dup.Path, nil)
				where.At = dup.Again
				p.Report(checks.Report{
					Where:    where,
					Message:  fmt.Sprintf("This key already stands on line %d; %s.", dup.First.Line, whoTakesWhich(d)),
					Severity: duplicateSeverity(d),
				})
			}
			return nil
		},
	}
}

func whoTakesWhich(d *manifest.Document) string {
	switch {
	case isKustomizationFile(d):
		return "kustomize refuses the file"
	case d.IsObject():
		return "Kubernetes takes the last one without a word"
	}
	return "one reader takes the first, another the last, another refuses the file"
}

// duplicateSeverity is lower outside of Kubernetes objects, where other readers
// with other rules may be meant.
func duplicateSeverity(d *manifest.Document) checks.Severity {
	if d.IsObject() {
		return checks.Error
	}
	return checks.Warning
}
