package gatehouse.namespace_missing_test

import data.gatehouse.namespace_missing as policy

settings(namespace) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": namespace}}

declared := {"cluster": {"v1": {"Namespace": {"shop": {}}}}, "namespace": {}}

found(object, inventory) := results if {
	results := policy.deny with input as {"object": object, "parameters": {"ignore": ["kube-system"]}} with data.inventory as inventory
}

test_not_declared if {
	some result in found(settings("shopp"), declared)
	result.msg == "the namespace shopp is not declared in the tree"
	result.field == "metadata.namespace"
}

test_declared if count(found(settings("shop"), declared)) == 0

test_ignored if count(found(settings("kube-system"), declared)) == 0

test_quiet_where_none_is_declared if count(found(settings("shopp"), {"cluster": {}, "namespace": {}})) == 0

test_quiet_without_a_namespace if count(found({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}, declared)) == 0

test_made_by_argo_and_flux if {
	application := {"spec": {"destination": {"namespace": "tools"}, "syncPolicy": {"syncOptions": ["CreateNamespace=true"]}}}
	argo := object.union(declared, {"namespace": {"argocd": {"argoproj.io/v1alpha1": {"Application": {"tools": application}}}}})
	count(found(settings("tools"), argo)) == 0
	release := {"spec": {"targetNamespace": "tools", "install": {"createNamespace": true}}}
	flux := object.union(declared, {"namespace": {"flux-system": {"helm.toolkit.fluxcd.io/v2": {"HelmRelease": {"tools": release}}}}})
	count(found(settings("tools"), flux)) == 0
	count(found(settings("other"), flux)) == 1
	project := object.union(declared, {"cluster": {"project.openshift.io/v1": {"Project": {"tools": {}}}}})
	count(found(settings("tools"), project)) == 0
}

test_quiet_without_a_tree if {
	count(policy.deny) == 0 with input as {"object": settings("shopp"), "parameters": {"ignore": []}}
}
