package cel

import (
	"slices"
	"strings"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// known is what is known of a kind of objects.
type known struct {
	resource   string
	namespaced bool
	versions   []string // that are served; nil where it is not known
	converts   bool     // between versions nothing but the version changes
	status     bool     // the API server fills in a status
}

// groupKind names a kind in all of its versions.
type groupKind struct{ group, kind string }

// kinds are what is known of kinds: those of the API server, and those that
// CustomResourceDefinitions define.
type kinds map[groupKind]known

// of tells what is known of a kind. ok is false where it is guessed from its name.
func (k kinds) of(group, kind string) (found known, ok bool) {
	if found, ok = k[groupKind{group, kind}]; ok {
		return found, true
	}
	if found, ok = servedKinds()[groupKind{group, kind}]; ok {
		return found, true
	}
	return known{resource: plural(kind)}, false
}

// plural is the resource of a kind as a rule has it.
func plural(kind string) string {
	s := strings.ToLower(kind)
	switch {
	case s == "":
		return ""
	case strings.HasSuffix(s, "endpoints"):
		return s
	case strings.HasSuffix(s, "s"), strings.HasSuffix(s, "x"), strings.HasSuffix(s, "ch"), strings.HasSuffix(s, "sh"):
		return s + "es"
	case strings.HasSuffix(s, "y") && len(s) > 1 && !strings.ContainsRune("aeiou", rune(s[len(s)-2])):
		return s[:len(s)-1] + "ies"
	}
	return s + "s"
}

// isDefinition tells whether d defines a kind.
func isDefinition(d *manifest.Document) bool {
	return d.Object.Kind == "CustomResourceDefinition" && d.Object.Group() == "apiextensions.k8s.io"
}

// define adds the kind that a CustomResourceDefinition defines.
func (k kinds) define(d *manifest.Document) {
	spec := d.Root.Get("spec")
	names := spec.Get("names")
	kind, resource := names.Get("kind").Str(), names.Get("plural").Str()
	if kind == "" || resource == "" {
		return
	}
	strategy := spec.Lookup("conversion", "strategy").Str()
	defined := known{
		resource: resource, namespaced: spec.Get("scope").Str() == "Namespaced",
		converts: strategy == "" || strategy == "None",
	}
	if versions := spec.Get("versions"); versions != nil {
		for i := range versions.Items {
			if served := versions.Items[i].Get("served"); served != nil && served.Text == "true" {
				defined.versions = append(defined.versions, versions.Items[i].Get("name").Str())
			}
		}
	}
	k[groupKind{spec.Get("group").Str(), kind}] = defined
}

// serves tells whether a version is served; where that is not known it may be.
func (k known) serves(version string) bool {
	return k.versions == nil || slices.Contains(k.versions, version)
}

// servedKinds are the kinds that kube-apiserver v1.36 serves itself, as its discovery
// lists them.
var servedKinds = sync.OnceValue(func() kinds {
	all := kinds{}
	for line := range strings.Lines(strings.TrimSpace(servedText)) {
		group, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		versions, list, _ := strings.Cut(rest, " ")
		if group == "core" {
			group = ""
		}
		for _, entry := range strings.Fields(list) {
			kind, resource, _ := strings.Cut(entry, "=")
			served := known{versions: strings.Split(versions, ",")}
			kind, served.namespaced = strings.CutPrefix(kind, "*")
			kind, served.status = strings.CutSuffix(kind, "+")
			if served.resource = resource; resource == "" {
				served.resource = plural(kind)
			}
			all[groupKind{group, kind}] = served
		}
	}
	return all
})

// A line is a group, its served versions and its kinds: those with an asterisk lie in
// namespaces, those with a plus have a status.
const servedText = `
core v1 *Binding *ConfigMap *Endpoints *Event *LimitRange Namespace+ Node+ PersistentVolume+ *PersistentVolumeClaim+ *Pod+ *PodTemplate *ReplicationController+ *ResourceQuota+ *Secret *Service+ *ServiceAccount ComponentStatus
admissionregistration.k8s.io v1 MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration ValidatingAdmissionPolicy+ ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration
apiextensions.k8s.io v1 CustomResourceDefinition+
apiregistration.k8s.io v1 APIService+
apps v1 *ControllerRevision *DaemonSet+ *Deployment+ *ReplicaSet+ *StatefulSet+
authentication.k8s.io v1 TokenReview+ SelfSubjectReview+
authorization.k8s.io v1 *LocalSubjectAccessReview+ SelfSubjectAccessReview+ SelfSubjectRulesReview+ SubjectAccessReview+
autoscaling v1,v2 *HorizontalPodAutoscaler+
batch v1 *CronJob+ *Job+
certificates.k8s.io v1 CertificateSigningRequest+
coordination.k8s.io v1 *Lease
discovery.k8s.io v1 *EndpointSlice
events.k8s.io v1 *Event
flowcontrol.apiserver.k8s.io v1 FlowSchema+ PriorityLevelConfiguration+
networking.k8s.io v1 *Ingress+ IngressClass *NetworkPolicy IPAddress ServiceCIDR+
node.k8s.io v1 RuntimeClass
policy v1 *PodDisruptionBudget+
rbac.authorization.k8s.io v1 ClusterRole ClusterRoleBinding *Role *RoleBinding
resource.k8s.io v1 DeviceClass *ResourceClaim+ *ResourceClaimTemplate ResourceSlice
scheduling.k8s.io v1 PriorityClass
storage.k8s.io v1 CSIDriver CSINode *CSIStorageCapacity=csistoragecapacities StorageClass VolumeAttachment+ VolumeAttributesClass
`
