package gatehouse.pod_disruption_budget_missing_test

import data.gatehouse.pod_disruption_budget_missing as policy

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

test_none if {
	count(found(deployment(2), [])) == 1
}

test_covered if {
	count(found(deployment(2), [budget({"maxUnavailable": 1})])) == 0
}

test_another_is_covered if {
	count(found(deployment(2), [budget({"selector": {"matchLabels": {"app": "api"}}})])) == 1
}

test_a_single_replica if {
	count(found(deployment(1), [])) == 0
}

test_nothing_is_known_without_a_tree if {
	count(policy.deny) == 0 with input as {"object": deployment(2), "parameters": {}}
}
