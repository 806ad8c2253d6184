package gatehouse.selector_mismatch_test

import data.gatehouse.selector_mismatch as policy

workload(kind, selector, labels) := {
	"apiVersion": "apps/v1",
	"kind": kind,
	"metadata": {"name": "web"},
	"spec": {"selector": selector, "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web"}]}}},
}

found(object) := results if {
	results := policy.deny with input as {"object": object}
}

test_another_value if {
	some result in found(workload("Deployment", {"matchLabels": {"app": "web"}}, {"app": "api"}))
	result.msg == "the selector asks for app: web, which the pods of this Deployment do not have"
	result.field == "spec.selector.matchLabels"
}

test_each_kind if {
	every kind in ["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"] {
		count(found(workload(kind, {"matchLabels": {"app": "web"}}, {}))) == 1
		count(found(workload(kind, {"matchLabels": {"app": "web"}}, {"app": "web", "more": "x"}))) == 0
	}
}

test_no_labels_at_all if {
	object := json.remove(workload("Deployment", {"matchLabels": {"app": "web"}}, {}), ["/spec/template/metadata"])
	count(found(object)) == 1
}

test_expressions if {
	expressions := {
		"In": {"tier": "front"},
		"Exists": {"tier": "any"},
		"NotIn": {"tier": "other"},
	}
	every operator, labels in expressions {
		selector := {"matchExpressions": [{"key": "tier", "operator": operator, "values": ["front"]}]}
		count(found(workload("Deployment", selector, labels))) == 0
	}
	count(found(workload("Deployment", {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["front"]}]}, {"tier": "x"}))) == 1
	count(found(workload("Deployment", {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}]}, {"tier": "front"}))) == 1
	count(found(workload("Deployment", {"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["front"]}]}, {}))) == 0
	count(found(workload("Deployment", {"matchExpressions": [{"key": "tier", "operator": "Exists"}]}, {}))) == 1
	count(found(workload("Deployment", {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, {"tier": "x"}))) == 1
	count(found(workload("Deployment", {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}, {}))) == 0
}

test_a_patch_without_a_template if {
	count(found({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"selector": {"matchLabels": {"app": "web"}}}})) == 0
	count(found({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": {"containers": []}}}})) == 0
}

test_other_groups if {
	object := json.patch(workload("DaemonSet", {"matchLabels": {"app": "web"}}, {}), [{"op": "replace", "path": "/apiVersion", "value": "apps.kruise.io/v1alpha1"}])
	count(found(object)) == 0
}
