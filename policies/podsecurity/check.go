package podsecurity

import (
	"cmp"
	"fmt"

	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// Check is the check of pods by the level that is asked of their environment. levelOf
// gives it by the name of the environment; ok is false where none is asked for.
func Check(levelOf func(environment string) (level Level, ok bool)) checks.Check {
	return checks.Check{
		ID:       "pod-security-violated",
		Title:    "Pod does not meet the Pod Security Standard of its environment",
		Category: checks.Policy,
		Severity: checks.Error,
		Why: "The Pod Security Standards are the cluster's own measure of what a pod may do to its node and to its neighbours. " +
			"Where a namespace enforces a level, a pod that does not meet it is refused when it is created, long after the Deployment was merged: no pod comes up, and the reason stands in an event. " +
			"The judgement is that of the API server's own code, for the version of Kubernetes that `policies.targetVersion` names.\n\n" +
			"It runs where the configuration gives the environment a level.",
		Fix: "Set the field to what the level allows: https://kubernetes.io/docs/concepts/security/pod-security-standards/. If the workload cannot do without, run it in an environment with another level.",
		Bad: []string{example(`
        securityContext:
          privileged: true`), example("")},
		Good: []string{example(`
        securityContext:
          allowPrivilegeEscalation: false
          runAsNonRoot: true
          capabilities:
            drop: [ALL]
          seccompProfile:
            type: RuntimeDefault`)},
		Document: func(p *checks.Pass, d *manifest.Document) error {
			level, ok := levelOf(p.Layout.Environment(d.File))
			if !ok || d.Templated || !d.IsObject() {
				return nil
			}
			pod, ok := PodOf(d)
			if !ok || pod.Spec.Get("containers") == nil {
				return nil // a patch says only what it changes
			}
			return judge(p, d, pod, level)
		},
	}
}

func example(securityContext string) string {
	return `-- .gatehouse/config.yaml --
version: 1
environments:
- name: production
  paths: [clusters/production]
  podSecurity: restricted
-- clusters/production/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.4.2` + securityContext + "\n"
}

func judge(p *checks.Pass, d *manifest.Document, pod Pod, level Level) error {
	violations, err := Evaluate(level, pod.Meta, pod.Spec)
	if err != nil {
		return err
	}
	for _, v := range violations {
		field, node := placeOf(pod, v)
		p.Report(checks.Report{
			Where: checks.At(d, field, node), Inner: v.Check,
			Message: fmt.Sprintf("The pod does not meet the level %s: %s.", level, cmp.Or(v.Detail, v.Reason)),
		})
	}
	return nil
}
