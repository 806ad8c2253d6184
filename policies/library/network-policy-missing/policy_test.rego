package gatehouse.network_policy_missing_test

import data.gatehouse.network_policy_missing as policy

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

isolates(version, kind, spec) := {"apiVersion": version, "kind": kind, "metadata": {"name": "deny", "namespace": "shop"}, "spec": spec}

test_none if {
	count(found(deployment(1), [])) == 1
}

test_selected if {
	count(found(deployment(1), [isolates("networking.k8s.io/v1", "NetworkPolicy", {"podSelector": {}})])) == 0
	count(found(deployment(1), [isolates("networking.k8s.io/v1", "NetworkPolicy", {"podSelector": {"matchLabels": {"app": "web"}}})])) == 0
}

test_another_is_selected if {
	count(found(deployment(1), [isolates("networking.k8s.io/v1", "NetworkPolicy", {"podSelector": {"matchLabels": {"app": "api"}}})])) == 1
}

test_policies_of_cilium_and_calico if {
	count(found(deployment(1), [isolates("cilium.io/v2", "CiliumNetworkPolicy", {})])) == 0
	count(found(deployment(1), [isolates("crd.projectcalico.org/v1", "NetworkPolicy", {})])) == 0
	count(found(deployment(1), [isolates("projectcalico.org/v3", "NetworkPolicy", {})])) == 0
}

test_policies_for_the_cluster if {
	every pair in [["cilium.io/v2", "CiliumClusterwideNetworkPolicy"], ["projectcalico.org/v3", "GlobalNetworkPolicy"], ["policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"]] {
		inventory := {"cluster": {pair[0]: {pair[1]: {"deny": {}}}}, "namespace": tree([deployment(1)]).namespace}
		results := policy.deny with input as {"object": deployment(1), "parameters": {}} with data.inventory as inventory
		count(results) == 0
	}
}

test_the_network_of_the_node if {
	count(found(json.patch(deployment(1), [{"op": "add", "path": "/spec/template/spec/hostNetwork", "value": true}]), [])) == 0
}

test_nothing_is_known_without_a_namespace if {
	count(found(json.remove(deployment(1), ["/metadata/namespace"]), [isolates("v1", "ConfigMap", {})])) == 0
}

test_pods if {
	pod := {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}}, "spec": {"containers": [{"image": "web:1"}]}}
	count(found(pod, [])) == 1
	count(found(pod, [isolates("networking.k8s.io/v1", "NetworkPolicy", {"podSelector": {"matchLabels": {"app": "web"}}})])) == 0
}
