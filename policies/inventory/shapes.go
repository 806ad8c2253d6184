package inventory

import (
	"strings"
	"sync"

	"github.com/gatehouse-dev/gatehouse/checks/manifest"
)

// The fields of a pod's spec that lead to other objects, and those to which others lead.
const podFields = `containers.name containers.image containers.ports containers.envFrom.configMapRef containers.env.name
	containers.env.valueFrom.configMapKeyRef.name containers.env.valueFrom.configMapKeyRef.optional
	initContainers.name initContainers.image initContainers.ports initContainers.envFrom.configMapRef initContainers.env.name
	initContainers.env.valueFrom.configMapKeyRef.name initContainers.env.valueFrom.configMapKeyRef.optional
	volumes.name volumes.configMap.name volumes.configMap.optional
	volumes.projected.sources.configMap.name volumes.projected.sources.configMap.optional
	serviceAccountName hostNetwork`

// shapes are what is kept of objects by kind, with or without an API group before it.
// Names, labels and numbers are; a value of a setting never is.
var shapes = sync.OnceValue(func() map[string]shape {
	template := "template.metadata.labels " + below("template.spec", podFields)
	workload := "spec.replicas spec.selector " + below("spec", template)
	job := "spec.jobTemplate.spec.template.metadata.labels " + below("spec.jobTemplate.spec.template.spec", podFields)
	binding := "subjects"
	fields := map[string]string{
		"v1 Pod":                   "metadata.labels " + below("spec", podFields),
		"v1 ReplicationController": workload, "v1 PodTemplate": template,
		"apps Deployment": workload, "apps StatefulSet": workload, "apps DaemonSet": workload, "apps ReplicaSet": workload,
		"extensions Deployment": workload, "extensions DaemonSet": workload,
		"batch Job": workload, "batch CronJob": "spec.schedule " + job,
		"argoproj.io Rollout": workload + " spec.workloadRef", "apps.openshift.io DeploymentConfig": workload,
		"apps.kruise.io CloneSet": workload, "apps.kruise.io DaemonSet": workload, "apps.kruise.io StatefulSet": workload,
		"serving.knative.dev Service": workload,

		"v1 Service":                            "spec.selector spec.type spec.clusterIP spec.ports",
		"discovery.k8s.io EndpointSlice":        "metadata.labels",
		"networking.k8s.io Ingress":             "metadata.annotations spec.ingressClassName spec.defaultBackend spec.rules",
		"networking.k8s.io NetworkPolicy":       "spec.podSelector",
		"extensions NetworkPolicy":              "spec.podSelector",
		"policy PodDisruptionBudget":            "spec.minAvailable spec.maxUnavailable spec.selector",
		"autoscaling HorizontalPodAutoscaler":   "spec.scaleTargetRef",
		"keda.sh ScaledObject":                  "spec.scaleTargetRef",
		"rbac.authorization.k8s.io RoleBinding": binding, "rbac.authorization.k8s.io ClusterRoleBinding": binding,

		"kustomize.toolkit.fluxcd.io Kustomization":     "spec.interval spec.sourceRef spec.dependsOn spec.postBuild.substituteFrom",
		"helm.toolkit.fluxcd.io HelmRelease":            "spec.interval spec.chart.spec.sourceRef spec.chartRef spec.dependsOn spec.valuesFrom spec.targetNamespace spec.install.createNamespace",
		"source.toolkit.fluxcd.io HelmChart":            "spec.sourceRef",
		"notification.toolkit.fluxcd.io Alert":          "spec.providerRef spec.eventSources",
		"image.toolkit.fluxcd.io ImagePolicy":           "spec.imageRepositoryRef",
		"image.toolkit.fluxcd.io ImageUpdateAutomation": "spec.sourceRef",
		"argoproj.io Application":                       "metadata.annotations spec.project spec.destination spec.syncPolicy.syncOptions",
		"argoproj.io AppProject":                        "metadata.annotations",
		"v1 ConfigMap/argocd-notifications-cm":          "data.subscriptions",
	}
	out := map[string]shape{}
	for kind, list := range fields {
		out[kind] = shapeOf(list)
	}
	return out
})

// below puts a path before each of some fields.
func below(path, fields string) string {
	list := strings.Fields(fields)
	for i := range list {
		list[i] = path + "." + list[i]
	}
	return strings.Join(list, " ")
}

// shapeOf keeps fields that are named by their paths, and the identity of the object.
func shapeOf(fields string) shape {
	s := shape{}
	for field := range strings.FieldsSeq("apiVersion kind metadata.name metadata.namespace " + fields) {
		at := s
		for step := range strings.SplitSeq(field, ".") {
			if at[step] == nil {
				at[step] = shape{}
			}
			at = at[step]
		}
	}
	return s
}

// shapeFor is what is kept of an object; ok is false where that is nothing but its name.
func shapeFor(o manifest.Object) (keep shape, ok bool) {
	group := o.Group()
	if group == "" {
		group = "v1"
	}
	key := group + " " + o.Kind
	if keep, ok = shapes()[key]; ok || o.Kind != "ConfigMap" {
		return keep, ok
	}
	keep, ok = shapes()[key+"/"+o.Name]
	return keep, ok
}
