package gatehouse.pod_disruption_budget_unsatisfiable_test

import data.gatehouse.pod_disruption_budget_unsatisfiable as policy

deployment(replicas) := {
	"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
	"spec": {
		"replicas": replicas,
		"selector": {"matchLabels": {"app": "web"}},
		"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"image": "web:1"}]}},
	},
}

# tree is an inventory of objects that lie in namespaces.
tree(objects) := {"cluster": {}, "namespace": {namespace: versions |
	namespace := objects[_].metadata.namespace
	versions := {version: kinds |
		some one in objects
		one.metadata.namespace == namespace
		version := one.apiVersion
		kinds := {kind: names |
			some other in objects
			other.apiVersion == version
			kind := other.kind
			names := {o.metadata.name: o | some o in objects; o.kind == kind; o.apiVersion == version; o.metadata.namespace == namespace}
		}
	}
}}

found(object, others) := results if {
	results := policy.deny with input as {"object": object, "parameters": {}}
		with data.inventory as tree(array.concat([object], others))
}

budget(spec) := {
	"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web", "namespace": "shop"},
	"spec": object.union({"selector": {"matchLabels": {"app": "web"}}}, spec),
}

scaler := {
	"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": "shop"},
	"spec": {"minReplicas": 2, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
}

test_as_many_as_there_are if {
	count(found(budget({"minAvailable": 2}), [deployment(2)])) == 1
	count(found(budget({"minAvailable": 1}), [json.remove(deployment(1), ["/spec/replicas"])])) == 1
}

test_more_than_there_are if {
	count(found(budget({"minAvailable": 3}), [deployment(2)])) == 1
}

test_fewer_than_there_are if {
	count(found(budget({"minAvailable": 1}), [deployment(2)])) == 0
	count(found(budget({"minAvailable": 0}), [deployment(1)])) == 0
}

test_several_workloads_are_counted_together if {
	other := json.patch(deployment(2), [{"op": "replace", "path": "/metadata/name", "value": "canary"}])
	count(found(budget({"minAvailable": 3}), [deployment(2), other])) == 0
}

test_switched_off if {
	count(found(budget({"minAvailable": 1}), [deployment(0)])) == 0
}

test_scaled if {
	count(found(budget({"minAvailable": 2}), [deployment(2), scaler])) == 0
}

test_a_share_or_nothing_selected if {
	count(found(budget({"minAvailable": "50%"}), [deployment(1)])) == 0
	count(found(budget({"minAvailable": 1, "selector": {"matchLabels": {"app": "api"}}}), [deployment(1)])) == 0
}
