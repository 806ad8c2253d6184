package gatehouse.immutable_field_changed_test

import data.gatehouse.immutable_field_changed as policy

update(before, after) := {"operation": "UPDATE", "oldObject": before, "object": after}

fields(before, after) := {result.field | some result in results} if {
	results := policy.deny with input as update(before, after)
}

o(version, kind, parts) := object.union({"apiVersion": version, "kind": kind, "metadata": {"name": "x"}}, parts)

test_fields_that_are_fixed if {
	rows := [
		["apps/v1", "Deployment", {"spec": {"selector": {"matchLabels": {"a": "1"}}}}, {"spec": {"selector": {"matchLabels": {"a": "2"}}}}, "spec.selector"],
		["apps/v1", "StatefulSet", {"spec": {"serviceName": "a"}}, {"spec": {"serviceName": "b"}}, "spec.serviceName"],
		["apps/v1", "StatefulSet", {"spec": {"podManagementPolicy": "OrderedReady"}}, {"spec": {"podManagementPolicy": "Parallel"}}, "spec.podManagementPolicy"],
		["v1", "Service", {"spec": {"clusterIP": "10.0.0.1"}}, {"spec": {"clusterIP": "10.0.0.2"}}, "spec.clusterIP"],
		["v1", "Service", {"spec": {"ports": []}}, {"spec": {"clusterIP": "None"}}, "spec.clusterIP"],
		["batch/v1", "Job", {"spec": {"template": {"a": 1}}}, {"spec": {"template": {"a": 2}}}, "spec.template"],
		["batch/v1", "Job", {"spec": {"completionMode": "Indexed"}}, {"spec": {"completionMode": "NonIndexed"}}, "spec.completionMode"],
		["v1", "PersistentVolumeClaim", {"spec": {"accessModes": ["ReadWriteOnce"]}}, {"spec": {"accessModes": ["ReadWriteMany"]}}, "spec.accessModes"],
		["v1", "PersistentVolumeClaim", {"spec": {"storageClassName": "a"}}, {"spec": {"storageClassName": "b"}}, "spec.storageClassName"],
		["storage.k8s.io/v1", "StorageClass", {"provisioner": "a"}, {"provisioner": "b"}, "provisioner"],
		["storage.k8s.io/v1", "StorageClass", {"parameters": {"type": "a"}}, {"parameters": {"type": "b"}}, "parameters"],
		["rbac.authorization.k8s.io/v1", "RoleBinding", {"roleRef": {"name": "a"}}, {"roleRef": {"name": "b"}}, "roleRef"],
		["rbac.authorization.k8s.io/v1", "ClusterRoleBinding", {"roleRef": {"name": "a"}}, {"roleRef": {"name": "b"}}, "roleRef"],
		["v1", "ConfigMap", {"immutable": true, "data": {"a": "1"}}, {"immutable": true, "data": {"a": "2"}}, "data"],
		["v1", "Secret", {"type": "Opaque"}, {"type": "kubernetes.io/tls"}, "type"],
		["v1", "ConfigMap", {"immutable": true}, {"immutable": false}, "immutable"],
		["apiextensions.k8s.io/v1", "CustomResourceDefinition", {"spec": {"scope": "Cluster"}}, {"spec": {"scope": "Namespaced"}}, "spec.scope"],
		["scheduling.k8s.io/v1", "PriorityClass", {"value": 1}, {"value": 2}, "value"],
		["networking.k8s.io/v1", "IngressClass", {"spec": {"controller": "a"}}, {"spec": {"controller": "b"}}, "spec.controller"],
	]
	every row in rows {
		[version, kind, before, after, field] := row
		fields(o(version, kind, before), o(version, kind, after)) == {field}
		fields(o(version, kind, before), o(version, kind, before)) == set()
	}
}

test_the_message if {
	some result in policy.deny with input as update(o("storage.k8s.io/v1", "StorageClass", {"provisioner": "a"}), o("storage.k8s.io/v1", "StorageClass", {"provisioner": "b"}))
	result.msg == "provisioner of a StorageClass cannot be changed"
	result.severity == "error"
}

test_claim_templates if {
	before := {"spec": {"selector": {}, "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "10Gi"}}}}]}}
	after := json.patch(before, [{"op": "replace", "path": "/spec/volumeClaimTemplates/0/spec/resources/requests/storage", "value": "20Gi"}])
	fields(o("apps/v1", "StatefulSet", before), o("apps/v1", "StatefulSet", after)) == {"spec.volumeClaimTemplates"}
	fields(o("apps/v1", "StatefulSet", before), o("apps/v1", "StatefulSet", before)) == set()
	less := json.remove(before, ["/spec/volumeClaimTemplates"])
	fields(o("apps/v1", "StatefulSet", before), o("apps/v1", "StatefulSet", less)) == {"spec.volumeClaimTemplates"}
}

claim(size) := o("v1", "PersistentVolumeClaim", {"spec": {"resources": {"requests": {"storage": size}}}})

test_volumes_grow_and_do_not_shrink if {
	fields(claim("50Gi"), claim("20Gi")) == {"spec.resources.requests.storage"}
	fields(claim("50Gi"), claim("1Ti")) == set()
	fields(claim("1Gi"), claim("1024Mi")) == set()
}

test_what_may_change if {
	fields(o("v1", "ConfigMap", {"data": {"a": "1"}}), o("v1", "ConfigMap", {"data": {"a": "2"}})) == set()
	fields(o("v1", "ConfigMap", {"data": {"a": "1"}}), o("v1", "ConfigMap", {"data": {"a": "1"}, "immutable": true})) == set()
	fields(o("v1", "Service", {"spec": {"clusterIP": "10.0.0.1"}}), o("v1", "Service", {"spec": {"type": "ExternalName", "clusterIP": "None"}})) == set()
	fields(o("v1", "Service", {"spec": {"clusterIP": "10.0.0.1"}}), o("v1", "Service", {"spec": {}})) == set()
	fields(o("v1", "PersistentVolumeClaim", {"spec": {"storageClassName": "a"}}), o("v1", "PersistentVolumeClaim", {"spec": {}})) == set()
	fields(o("apps/v1", "Deployment", {"spec": {"replicas": 1}}), o("apps/v1", "Deployment", {"spec": {"replicas": 2}})) == set()
	fields(o("batch/v1", "Job", {"spec": {"suspend": true, "template": {"a": 1}}}), o("batch/v1", "Job", {"spec": {"template": {"a": 2}}})) == set()
}

job(a, annotations) := {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "x", "annotations": annotations}, "spec": {"template": {"a": a}}}

test_objects_that_are_replaced if {
	every annotations in [
		{"kustomize.toolkit.fluxcd.io/force": "enabled"},
		{"argocd.argoproj.io/sync-options": "Prune=false,Replace=true"},
		{"argocd.argoproj.io/hook": "PreSync"},
		{"helm.sh/hook": "pre-upgrade"},
	] {
		fields(job(1, annotations), job(2, annotations)) == set()
	}
	fields(job(1, {}), job(2, {})) == {"spec.template"}
}

test_a_job_that_may_be_gone if {
	some result in policy.deny with input as update(
		o("batch/v1", "Job", {"spec": {"ttlSecondsAfterFinished": 60, "template": {"a": 1}}}),
		o("batch/v1", "Job", {"spec": {"ttlSecondsAfterFinished": 60, "template": {"a": 2}}}),
	)
	result.severity == "warning"
}

test_other_groups_and_operations if {
	fields(o("serving.knative.dev/v1", "Service", {"spec": {"clusterIP": "a"}}), o("serving.knative.dev/v1", "Service", {"spec": {"clusterIP": "b"}})) == set()
	asked := object.union(update(o("storage.k8s.io/v1", "StorageClass", {"provisioner": "a"}), o("storage.k8s.io/v1", "StorageClass", {"provisioner": "b"})), {"operation": "CREATE"})
	count(policy.deny) == 0 with input as asked
}
