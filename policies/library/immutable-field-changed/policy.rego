# METADATA
# title: A field is changed that cannot be changed
# description: The API server refuses the update of the object.
# custom:
#   id: immutable-field-changed
#   severity: error
#   category: policy
#   default_on: true
#   why: |
#     The API server refuses an update that changes such a field. Flux and Argo CD report it after the
#     merge, and what they apply together with the object may be left half done.
#
#     Objects that are replaced, and not updated, are left out: hooks, and those that are annotated
#     with `kustomize.toolkit.fluxcd.io/force: enabled` or the sync options `Replace=true`, `Force=true`.
#   fix: |
#     Take the change back. If it is needed, give the object another name and move over to it, or let
#     it be deleted and made anew by the annotation above. The data of a StatefulSet or a claim must be
#     moved by hand.
package gatehouse.immutable_field_changed

deny contains {"msg": msg, "field": field, "severity": severity} if {
	input.object.kind in {
		"ClusterRoleBinding", "ConfigMap", "CustomResourceDefinition", "DaemonSet", "Deployment", "IngressClass", "Job",
		"PersistentVolumeClaim", "PriorityClass", "ReplicaSet", "RoleBinding", "RuntimeClass", "Secret", "Service",
		"StatefulSet", "StorageClass",
	}
	input.operation == "UPDATE"
	input.oldObject.kind == input.object.kind
	not replaced
	some field in changed
	msg := sprintf("%s of a %s cannot be changed", [field, input.object.kind])
}

# A Job that is gone by now is made anew.
severity := "warning" if input.oldObject.spec.ttlSecondsAfterFinished

severity := "error" if not input.oldObject.spec.ttlSecondsAfterFinished

fixed := {
	"ClusterRoleBinding": {"rbac.authorization.k8s.io": ["roleRef"]},
	"CustomResourceDefinition": {"apiextensions.k8s.io": ["spec.group", "spec.scope", "spec.names.kind", "spec.names.plural"]},
	"DaemonSet": {"apps": ["spec.selector"]},
	"Deployment": {"apps": ["spec.selector"]},
	"IngressClass": {"networking.k8s.io": ["spec.controller"]},
	"PriorityClass": {"scheduling.k8s.io": ["value", "preemptionPolicy"]},
	"ReplicaSet": {"apps": ["spec.selector"]},
	"RoleBinding": {"rbac.authorization.k8s.io": ["roleRef"]},
	"RuntimeClass": {"node.k8s.io": ["handler"]},
	"Secret": {"": ["type"]},
	"StatefulSet": {"apps": ["spec.selector", "spec.serviceName", "spec.podManagementPolicy"]},
	"StorageClass": {"storage.k8s.io": ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"]},
}

group := split(input.object.apiVersion, "/")[0] if contains(input.object.apiVersion, "/")

group := "" if not contains(input.object.apiVersion, "/")

# In both versions there is something, and it differs.
differs(path) if {
	steps := split(path, ".")
	before := object.get(input.oldObject, steps, null)
	now := object.get(input.object, steps, null)
	before != null
	now != null
	before != now
}

changed contains field if {
	some field in fixed[input.object.kind][group]
	differs(field)
}

# A headless Service stays one, and the others keep the address that they were given.
changed contains "spec.clusterIP" if {
	input.object.kind == "Service"
	group == ""
	differs("spec.clusterIP")
	input.oldObject.spec.clusterIP != ""
	input.object.spec.clusterIP != ""
	addressed(input.object)
	addressed(input.oldObject)
}

changed contains "spec.clusterIP" if {
	input.object.kind == "Service"
	group == ""
	input.object.spec.clusterIP == "None"
	object.get(input.oldObject.spec, "clusterIP", "") == ""
	addressed(input.oldObject)
}

addressed(service) if object.get(service.spec, "type", "ClusterIP") != "ExternalName"

changed contains "spec.volumeClaimTemplates" if {
	input.object.kind == "StatefulSet"
	group == "apps"
	claims(input.oldObject) != claims(input.object)
	input.object.spec.selector
}

claims(o) := [[claim.metadata.name, claim.spec] | some claim in o.spec.volumeClaimTemplates]

changed contains "spec.template" if {
	input.object.kind == "Job"
	group == "batch"
	differs("spec.template")
	not input.oldObject.spec.suspend == true
}

changed contains field if {
	input.object.kind == "Job"
	group == "batch"
	some field in ["spec.completionMode", "spec.selector"]
	differs(field)
}

changed contains field if {
	input.object.kind == "PersistentVolumeClaim"
	group == ""
	some field in [
		"spec.accessModes", "spec.dataSource", "spec.dataSourceRef", "spec.selector", "spec.storageClassName",
		"spec.volumeMode", "spec.volumeName",
	]
	differs(field)
}

# A volume can grow, and not shrink.
changed contains "spec.resources.requests.storage" if {
	input.object.kind == "PersistentVolumeClaim"
	group == ""
	before := units.parse_bytes(input.oldObject.spec.resources.requests.storage)
	units.parse_bytes(input.object.spec.resources.requests.storage) < before
}

changed contains field if {
	input.object.kind in {"ConfigMap", "Secret"}
	group == ""
	input.oldObject.immutable == true
	some field in ["binaryData", "data"]
	object.get(input.oldObject, field, {}) != object.get(input.object, field, {})
}

changed contains "immutable" if {
	input.object.kind in {"ConfigMap", "Secret"}
	group == ""
	input.oldObject.immutable == true
	not input.object.immutable == true
}

replaced if annotation("kustomize.toolkit.fluxcd.io/force") in {"enabled", "Enabled", "true"}

replaced if regex.match(`(Replace|Force)=true`, annotation("argocd.argoproj.io/sync-options"))

replaced if {
	some key in ["argocd.argoproj.io/hook", "helm.sh/hook"]
	annotation(key) != ""
}

annotation(key) := object.get(input.object, ["metadata", "annotations", key], "")
