package gatehouse.flux_dependency_cycle_test

import data.gatehouse.flux_dependency_cycle as policy

kustomization(name, dependencies) := {
	"apiVersion": "kustomize.toolkit.fluxcd.io/v1",
	"kind": "Kustomization",
	"metadata": {"name": name, "namespace": "flux-system"},
	"spec": {"dependsOn": [{"name": dependency} | some dependency in dependencies]},
}

tree(edges) := {"cluster": {}, "namespace": {"flux-system": {"kustomize.toolkit.fluxcd.io/v1": {"Kustomization": {name: kustomization(name, dependencies) |
	some name, dependencies in edges
}}}}}

found(name, edges) := results if {
	results := policy.deny with input as {"object": kustomization(name, edges[name])} with data.inventory as tree(edges)
}

test_a_circle_of_three if {
	edges := {"a": ["b"], "b": ["c"], "c": ["a"]}
	some result in found("a", edges)
	result.msg == "the Kustomization a depends on itself by way of b"
	result.field == "spec.dependsOn[0].name"
	count(found("c", edges)) == 1
}

test_itself if count(found("a", {"a": ["a"]})) == 1

test_only_the_dependency_that_leads_back if {
	some result in found("a", {"a": ["x", "b"], "b": ["a"], "x": []})
	result.field == "spec.dependsOn[1].name"
}

test_a_chain if count(found("a", {"a": ["b", "c"], "b": ["c"], "c": []})) == 0

test_one_that_leads_into_a_circle_is_not_in_it if count(found("x", {"x": ["a"], "a": ["b"], "b": ["a"]})) == 0

test_namespaces_are_told_apart if {
	object := json.patch(kustomization("a", []), [{"op": "add", "path": "/spec/dependsOn/-", "value": {"name": "b", "namespace": "other"}}])
	count(policy.deny) == 0 with input as {"object": object} with data.inventory as tree({"a": ["b"], "b": ["a"]})
}

test_without_a_written_namespace if {
	bare := json.remove(kustomization("a", ["b"]), ["/metadata/namespace"])
	inventory := {"cluster": {"kustomize.toolkit.fluxcd.io/v1": {"Kustomization": {"a": bare, "b": json.remove(kustomization("b", ["a"]), ["/metadata/namespace"])}}}, "namespace": {}}
	count(policy.deny) == 1 with input as {"object": bare} with data.inventory as inventory
}

test_quiet_without_a_tree if count(policy.deny) == 0 with input as {"object": kustomization("a", ["a"])}
