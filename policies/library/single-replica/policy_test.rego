package gatehouse.single_replica_test

import data.gatehouse.single_replica as policy

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

scaler := {
	"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": "shop"},
	"spec": {"minReplicas": 2, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
}

test_single if {
	count(found(deployment(1), [])) == 1
	count(found(json.remove(deployment(1), ["/spec/replicas"]), [])) == 1
}

test_several if {
	count(found(deployment(2), [])) == 0
	count(found(deployment(0), [])) == 0
}

test_scaled if {
	count(found(deployment(1), [scaler])) == 0
	count(found(deployment(1), [json.patch(scaler, [{"op": "replace", "path": "/spec/scaleTargetRef/name", "value": "api"}])])) == 1
	count(found(deployment(1), [{
		"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "web", "namespace": "shop"},
		"spec": {"scaleTargetRef": {"name": "web"}},
	}])) == 0
}

test_one_at_a_time if {
	count(found(json.patch(deployment(1), [{"op": "add", "path": "/spec/strategy", "value": {"type": "Recreate"}}]), [])) == 0
}

test_nothing_is_known_without_a_tree if {
	count(policy.deny) == 0 with input as {"object": deployment(1), "parameters": {}}
}
