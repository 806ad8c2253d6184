package builtin

import (
	"github.com/gatehouse-dev/gatehouse/checks"
	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

func manifestUnreadable() checks.Check {
	return checks.Check{
		ID:       "manifest-unreadable",
		Title:    "Document cannot be read",
		Category: checks.Manifest,
		Severity: checks.Error,
		Why: "A document that cannot be read cannot be judged, and neither `kubectl` nor a GitOps agent can apply it. " +
			"An agent stops at it, and everything that comes with it waits: a change that was merged is then not what runs. " +
			"A file that is no Kubernetes manifest, such as a values file, is a warning.",
		Fix: "Correct the syntax at the line that is named. `kubectl apply --dry-run=client -f FILE` shows whether it can be read.",
		Bad: []string{`apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  greeting: hello
   indent: wrong
`, `apiVersion: v1
kind: Namespace
metadata:
  name: first
---
apiVersion: v1
kind: Namespace
metadata: {name: second
---
apiVersion: v1
kind: Namespace
metadata:
  name: third
`},
		Good: []string{`apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  greeting: hello
  indent: right
`, `-- chart/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- chart/templates/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
{{- if .Values.greeting }}
data:
  greeting: {{ .Values.greeting | quote }}
{{- end }}
`},
		File: func(p *checks.Pass, f *manifest.File) error {
			for _, b := range f.Broken {
				p.Report(unreadable(f, b))
			}
			return nil
		},
	}
}

func unreadable(f *manifest.File, b manifest.Broken) checks.Report {
	r := checks.Report{
		Where:   checks.Location{File: f.Path, At: b.At},
		Message: "This document cannot be read: " + b.Reason + ".",
	}
	if !b.Manifest {
		r.Severity = checks.Warning
		r.Fix = "Correct the syntax at this line."
	}
	if b.Limit != "" {
		r.Fix = "Split the file, or write the document without what makes it grow; docs/limits.md lists the limits."
	}
	return r
}
