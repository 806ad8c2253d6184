package gatehouse.service_account_missing_test

import data.gatehouse.service_account_missing as policy

pod(account) := {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"}, "spec": {"serviceAccountName": account, "containers": []}}

binding(subject) := {
	"apiVersion": "rbac.authorization.k8s.io/v1",
	"kind": "RoleBinding",
	"metadata": {"name": "b", "namespace": "shop"},
	"subjects": [subject],
}

there := {"cluster": {}, "namespace": {"shop": {"v1": {"ServiceAccount": {"web": {}}}}}}

found(object, inventory) := results if {
	results := policy.deny with input as {"object": object} with data.inventory as inventory
}

test_missing if {
	some result in found(pod("wbe"), there)
	result.msg == "the pod runs as the ServiceAccount wbe, which is not in the tree"
	result.field == "spec.serviceAccountName"
}

test_there if count(found(pod("web"), there)) == 0

test_default_is_always_there if count(found(pod("default"), there)) == 0

test_without_one if {
	count(found({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "shop"}, "spec": {"containers": []}}, there)) == 0
}

test_the_subject_of_a_binding if {
	some result in found(binding({"kind": "ServiceAccount", "name": "wbe"}), there)
	result.field == "subjects[0].name"
	result.msg == "the RoleBinding names the ServiceAccount wbe of shop, which is not in the tree"
	count(found(binding({"kind": "ServiceAccount", "name": "web", "namespace": "shop"}), there)) == 0
	count(found(binding({"kind": "Group", "name": "wbe"}), there)) == 0
}

test_a_binding_that_names_others_too if {
	object := json.patch(binding({"kind": "ServiceAccount", "name": "wbe"}), [{"op": "add", "path": "/subjects/-", "value": {"kind": "ServiceAccount", "name": "web"}}])
	count(found(object, there)) == 0
}

test_a_subject_of_a_namespace_without_accounts if {
	count(found(binding({"kind": "ServiceAccount", "name": "prometheus", "namespace": "monitoring"}), there)) == 0
}

test_quiet_where_a_chart_makes_it if {
	count(policy.deny) == 0 with input as {"object": pod("wbe"), "tree": {"claimed": ["wbe"]}} with data.inventory as there
	count(found(pod("wbe"), object.union(there, {"open": {"shop": true}}))) == 0
}

test_quiet_for_variables_and_without_a_tree if {
	count(found(pod("${ACCOUNT}"), there)) == 0
	count(policy.deny) == 0 with input as {"object": pod("wbe")}
}
