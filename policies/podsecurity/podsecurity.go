// Package podsecurity judges pods by the Pod Security Standards, with the API
// server's own code (k8s.io/pod-security-admission), for any version of them.
//
// It knows no namespace and no exemption: level and version are given to it.
package podsecurity

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// A Violation is one control that a pod does not meet.
type Violation struct {
	Check  string // its ID, such as hostPathVolumes
	Reason string // "hostPath volumes"
	Detail string // which part of the pod, or ""
	// Covers are the baseline checks that the pod fails as well and in whose place the
	// restricted level asks this one.
	Covers []string
}

// A Level is a level of the standards at a version of Kubernetes.
type Level struct{ level api.LevelVersion }

// ParseLevel reads a level (privileged, baseline, restricted) and a version (latest
// or v1.30).
func ParseLevel(level, version string) (Level, error) {
	l, err := api.ParseLevel(level)
	if err != nil {
		return Level{}, fmt.Errorf("unknown Pod Security level %q: must be privileged, baseline or restricted", level)
	}
	v, err := api.ParseVersion(version)
	if err != nil {
		return Level{}, fmt.Errorf("unknown Pod Security version %q: must be latest or one such as v1.30", version)
	}
	return Level{api.LevelVersion{Level: l, Version: v}}, nil
}

// String is the level with its version, as `restricted:v1.34`.
func (l Level) String() string { return l.level.String() }

// Evaluate judges a pod: its metadata, nil for none, and its spec. It returns an
// error where the spec cannot be read as one.
func Evaluate(l Level, meta, spec *manifest.Node) ([]Violation, error) {
	var m metav1.ObjectMeta
	var s corev1.PodSpec
	if err := decode(meta, &m); err != nil {
		return nil, fmt.Errorf("the metadata of the pod cannot be read: %w", err)
	}
	if err := decode(spec, &s); err != nil {
		return nil, fmt.Errorf("the spec of the pod cannot be read: %w", err)
	}
	e, err := evaluator()
	if err != nil {
		return nil, err
	}
	out := violations(e.EvaluatePod(l.level, &m, &s))
	if l.level.Level == api.LevelRestricted && len(out) > 0 {
		l.level.Level = api.LevelBaseline
		cover(out, violations(e.EvaluatePod(l.level, &m, &s)))
	}
	return out, nil
}

func violations(results []policy.CheckResult) []Violation {
	var out []Violation
	for _, r := range results {
		if !r.Allowed {
			id, reason, _ := strings.Cut(r.ForbiddenReason, separator)
			out = append(out, Violation{Check: id, Reason: reason, Detail: r.ForbiddenDetail})
		}
	}
	return out
}

// cover notes with each violation the baseline checks that it stands for.
func cover(restricted, baseline []Violation) {
	for _, b := range baseline {
		for i := range restricted {
			if slices.Contains(overridden()[restricted[i].Check], b.Check) {
				restricted[i].Covers = append(restricted[i].Covers, b.Check)
			}
		}
	}
}

// overridden are, by the ID of a restricted check, those of the baseline that are
// not asked beside it.
var overridden = sync.OnceValue(func() map[string][]string {
	out := map[string][]string{}
	for _, c := range policy.DefaultChecks() {
		for _, v := range c.Versions {
			for _, id := range v.OverrideCheckIDs {
				if !slices.Contains(out[string(c.ID)], string(id)) {
					out[string(c.ID)] = append(out[string(c.ID)], string(id))
				}
			}
		}
	}
	return out
})

// decode reads a node as the API server reads an object. Its error names the field
// and never the value.
func decode(n *manifest.Node, into any) error {
	if n == nil {
		return nil
	}
	data, err := json.Marshal(n.Value())
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		if e, ok := err.(*json.UnmarshalTypeError); ok {
			return fmt.Errorf("the field %s is not of the type %s", e.Field, e.Type)
		}
		return fmt.Errorf("a field does not have the form that Kubernetes asks for")
	}
	return nil
}

// separator parts the ID of a check from its reason: results do not say whose they
// are.
const separator = "\x00"

var evaluator = sync.OnceValues(func() (policy.Evaluator, error) {
	list := policy.DefaultChecks()
	for i := range list {
		for j := range list[i].Versions {
			id, check := string(list[i].ID), list[i].Versions[j].CheckPod
			list[i].Versions[j].CheckPod = func(m *metav1.ObjectMeta, s *corev1.PodSpec) policy.CheckResult {
				r := check(m, s)
				if !r.Allowed {
					r.ForbiddenReason = id + separator + r.ForbiddenReason
				}
				return r
			}
		}
	}
	return policy.NewEvaluator(list, nil)
})
