package admission

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
)

// metrics counts answers. No label holds a name, a namespace, a user or anything
// else of which a cluster can have any number.
type metrics struct {
	inflight atomic.Int64

	mu       sync.Mutex
	requests map[requestLabels]uint64
	findings map[findingLabels]uint64
	buckets  []uint64 // by bucketBounds, each with those below it left out; the last is for the rest
	seconds  float64
	answers  uint64
}

type requestLabels struct {
	operation, resource, verdict, mode string
	dryRun                             bool
}

type findingLabels struct{ check, severity string }

// bucketBounds are the upper bounds of the histogram of durations, in seconds.
var bucketBounds = [...]float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

func newMetrics() *metrics {
	return &metrics{requests: map[requestLabels]uint64{}, findings: map[findingLabels]uint64{}, buckets: make([]uint64, len(bucketBounds)+1)}
}

// observe counts one answer. req is nil where the review could not be read.
func (m *metrics) observe(req *admissionv1.AdmissionRequest, a Answer, mode Mode, took time.Duration) {
	labels := requestLabels{operation: "other", resource: "other", verdict: string(a.Verdict), mode: string(mode)}
	if req != nil {
		labels.operation, labels.resource = operationLabel(req.Operation), resourceLabel(req)
		labels.dryRun = req.DryRun != nil && *req.DryRun
	}
	seconds := took.Seconds()
	bucket, _ := slices.BinarySearch(bucketBounds[:], seconds)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[labels]++
	m.buckets[bucket]++
	m.seconds += seconds
	m.answers++
	for _, f := range a.Findings {
		if f.Blocks() {
			m.findings[findingLabels{f.Check, f.Severity.String()}]++
		}
	}
}

func operationLabel(o admissionv1.Operation) string {
	switch o {
	case admissionv1.Create, admissionv1.Update, admissionv1.Delete, admissionv1.Connect:
		return string(o)
	}
	return "other"
}

// knownResources are the resources that have a label of their own, by group.
var knownResources = map[string][]string{
	"": {"configmaps", "endpoints", "limitranges", "namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes", "pods",
		"replicationcontrollers", "resourcequotas", "secrets", "serviceaccounts", "services"},
	"apps":                      {"daemonsets", "deployments", "replicasets", "statefulsets"},
	"batch":                     {"cronjobs", "jobs"},
	"networking.k8s.io":         {"ingresses", "networkpolicies"},
	"policy":                    {"poddisruptionbudgets"},
	"rbac.authorization.k8s.io": {"clusterrolebindings", "clusterroles", "rolebindings", "roles"},
	"bitnami.com":               {"sealedsecrets"},
	"external-secrets.io":       {"externalsecrets"},
}

func resourceLabel(req *admissionv1.AdmissionRequest) string {
	r := req.Resource
	if req.RequestResource != nil {
		r = *req.RequestResource
	}
	if slices.Contains(knownResources[r.Group], r.Resource) {
		return r.Resource
	}
	return "other"
}

// facts are what the metrics tell of the server besides its answers.
type facts struct {
	expires       time.Time
	bundle, local string
	broken        bool // the rules as they are now
}

// text writes the metrics in the text format of Prometheus, version 0.0.4
// (prometheus.io/docs/instrumenting/exposition_formats). Equal metrics give equal
// text.
func (m *metrics) text(f facts, now time.Time) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	family := func(name, kind, help string) { fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind) }

	family("gatehouse_admission_requests_total", "counter", "Admission requests that were answered.")
	for _, line := range sorted(m.requests, func(l requestLabels, n uint64) string {
		return fmt.Sprintf("gatehouse_admission_requests_total{operation=%s,resource=%s,verdict=%s,mode=%s,dry_run=\"%t\"} %d\n",
			label(l.operation), label(l.resource), label(l.verdict), label(l.mode), l.dryRun, n)
	}) {
		b.WriteString(line)
	}
	family("gatehouse_admission_duration_seconds", "histogram", "Time from the arrival of a request to its answer.")
	below := uint64(0)
	for i, bound := range bucketBounds {
		below += m.buckets[i]
		fmt.Fprintf(&b, "gatehouse_admission_duration_seconds_bucket{le=\"%s\"} %d\n", number(bound), below)
	}
	fmt.Fprintf(&b, "gatehouse_admission_duration_seconds_bucket{le=\"+Inf\"} %d\n", m.answers)
	fmt.Fprintf(&b, "gatehouse_admission_duration_seconds_sum %s\ngatehouse_admission_duration_seconds_count %d\n", number(m.seconds), m.answers)

	family("gatehouse_findings_total", "counter", "Findings that are neither old nor waived.")
	for _, line := range sorted(m.findings, func(l findingLabels, n uint64) string {
		return fmt.Sprintf("gatehouse_findings_total{check=%s,severity=%s} %d\n", label(l.check), label(l.severity), n)
	}) {
		b.WriteString(line)
	}
	family("gatehouse_inflight", "gauge", "Admission requests that are being answered.")
	fmt.Fprintf(&b, "gatehouse_inflight %d\n", m.inflight.Load())
	family("gatehouse_certificate_expiry_seconds", "gauge", "Seconds until the certificate of the webhook expires.")
	fmt.Fprintf(&b, "gatehouse_certificate_expiry_seconds %.0f\n", f.expires.Sub(now).Seconds())
	family("gatehouse_rules_info", "gauge", "Digests of the rules that judge; always 1.")
	fmt.Fprintf(&b, "gatehouse_rules_info{bundle=%s,local=%s} 1\n", label(f.bundle), label(f.local))
	family("gatehouse_rules_broken", "gauge", "1 where the rules were changed to ones that cannot be used, so that the last good ones judge on.")
	broken := 0
	if f.broken {
		broken = 1
	}
	fmt.Fprintf(&b, "gatehouse_rules_broken %d\n", broken)
	return b.String()
}

func sorted[L comparable](counts map[L]uint64, line func(L, uint64) string) []string {
	lines := make([]string, 0, len(counts))
	for l, n := range counts {
		lines = append(lines, line(l, n))
	}
	slices.Sort(lines)
	return lines
}

// label quotes a label's value; the format knows three escapes.
func label(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func (s *Server) serveMetrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	judge := s.judge().settings
	f := facts{expires: s.certificate.expires(), bundle: judge.Bundle, local: judge.Local, broken: s.rules.broken.Load()}
	// A client that has gone away is nothing to tell of.
	_, _ = fmt.Fprint(w, s.metrics.text(f, time.Now()))
}
