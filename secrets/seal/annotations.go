package seal

import (
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
	"github.com/gatehouse-dev/gatehouse/secrets"
	"github.com/gatehouse-dev/gatehouse/secrets/sealed"
)

// copies are the annotations in which tools keep a copy of the object that they
// applied, values and all: kubectl, kubecfg, kapp (with the difference that it saw),
// Rancher's apply, k8s-objectmatcher, Config Sync, and kopf.
var copies = []string{
	"kubectl.kubernetes.io/last-applied-configuration",
	"kubecfg.ksonnet.io/last-applied-configuration",
	"kapp.k14s.io/original",
	"kapp.k14s.io/original-diff",
	"kapp.k14s.io/original-diff-full",
	"kapp.k14s.io/original-diff-md5",
	"objectset.rio.cattle.io/applied",
	"banzaicloud.com/last-applied",
	"configmanagement.gke.io/declared-config",
	"kopf.zalando.org/last-handled-configuration",
}

// marks are the annotations by which a tool knows the very object that it applied. On
// the Secret that a controller makes they are wrong: Argo CD takes one with its
// tracking-id for a resource of the application, and prunes it.
var marks = []string{"argocd.argoproj.io/tracking-id"}

// serverSet are the fields of the metadata by which the API server describes the
// Secret that it holds. Of another object they are wrong, and an apply with a
// foreign uid or resourceVersion is refused.
var serverSet = []string{
	"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
	"deletionGracePeriodSeconds", "selfLink", "managedFields",
}

// stays tells whether an annotation of a Secret is one of what it becomes, too. A record
// that stands on a Secret is of a SealedSecret that it was before.
func stays(name string) bool {
	return !slices.Contains(copies, name) && !slices.Contains(marks, name) && name != sealed.SealedWith
}

// keptAnnotations are the annotations of a Secret that stay.
func (s *secret) keptAnnotations() manifest.Node {
	annotations := s.annotations()
	if annotations == nil {
		return fields("annotations")
	}
	kept := *annotations
	kept.Items = slices.DeleteFunc(slices.Clone(kept.Items), func(f manifest.Node) bool { return !stays(f.Key) })
	return kept
}

// cleanMetadata is the metadata of a Secret without what must not stay, and with the
// namespace.
func (s *secret) cleanMetadata() manifest.Node {
	meta := *s.metadata()
	for _, name := range serverSet {
		meta = take(meta, name)
	}
	if annotations := s.annotations(); annotations != nil {
		for _, f := range annotations.Items {
			if !stays(f.Key) {
				meta = take(meta, "annotations", f.Key)
			}
		}
	}
	if s.added {
		meta = put(meta, text("namespace", s.namespace), behind("name"), "namespace")
	}
	return meta
}

// guardAnnotations refuses an annotation that is to stay, in the clear, and that is a
// secret by its form.
func (r *rewriter) guardAnnotations(s *secret) error {
	kept := s.keptAnnotations()
	for i := range kept.Items {
		n := &kept.Items[i]
		if !isChecksum(n.Key) && secrets.Classify(n.Key, n.Text, secrets.Named).Class.Leaks() {
			return r.refuse(s.doc, n.Place(), "take it out, or put it into the Secret as a value",
				"the annotation %q holds a secret, and annotations are not sealed", n.Key)
		}
	}
	return nil
}

// isChecksum knows the annotations by which charts restart a Pod.
func isChecksum(name string) bool { return strings.Contains(strings.ToLower(name), "checksum") }
