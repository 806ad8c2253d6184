package gatehouse.rbac_wildcard_test

import data.gatehouse.rbac_wildcard as policy

fields(kind, rule) := {result.field | some result in found(kind, "operator", rule)}

found(kind, name, rule) := results if {
	results := policy.deny with input as {
		"object": {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "rules": [rule]},
		"parameters": {"allowed": ["crd-controller-*"]},
	}
}

rule(groups, resources, verbs) := {"apiGroups": groups, "resources": resources, "verbs": verbs}

test_every_verb if {
	every groups in [["*"], [""], ["apps"], ["rbac.authorization.k8s.io"], ["example.org", ""]] {
		fields("ClusterRole", rule(groups, ["*"], ["*"])) == {"rules[0].verbs"}
		fields("Role", rule(groups, ["*"], ["*"])) == {"rules[0].verbs"}
	}
	fields("ClusterRole", rule([""], ["pods"], ["*"])) == {"rules[0].verbs"}
}

test_every_verb_on_what_is_named_in_one_namespace if {
	count(fields("Role", rule(["", "apps"], ["pods", "deployments"], ["*"]))) == 0
}

test_every_verb_on_custom_resources if {
	count(fields("ClusterRole", rule(["example.org"], ["*"], ["*"]))) == 0
	count(fields("ClusterRole", rule(["kustomize.toolkit.fluxcd.io"], ["kustomizations"], ["*"]))) == 0
}

test_every_resource if {
	fields("ClusterRole", rule([""], ["*"], ["get"])) == {"rules[0].resources"}
	fields("Role", rule(["*"], ["*"], ["get", "list"])) == {"rules[0].resources"}
	count(fields("ClusterRole", rule(["apps"], ["*"], ["get"]))) == 0
}

test_paths_of_the_api_server if {
	fields("ClusterRole", {"nonResourceURLs": ["*"], "verbs": ["*"]}) == {"rules[0].verbs"}
	count(fields("ClusterRole", {"nonResourceURLs": ["/metrics"], "verbs": ["get"]})) == 0
	count(fields("ClusterRole", {"nonResourceURLs": ["/metrics"], "verbs": ["*"]})) == 0
}

test_nothing_by_a_wildcard if {
	count(fields("ClusterRole", rule(["", "apps"], ["pods", "deployments"], ["get", "list", "watch", "delete"]))) == 0
}

test_roles_of_kubernetes if {
	count(found("ClusterRole", "cluster-admin", rule(["*"], ["*"], ["*"]))) == 0
	count(found("ClusterRole", "system:controller:garbage-collector", rule(["*"], ["*"], ["*"]))) == 0
}

test_messages if {
	{result.msg | some result in found("ClusterRole", "x", rule(["*"], ["*"], ["*"]))} == {"the rule allows every verb on everything"}
	{result.msg | some result in found("ClusterRole", "x", rule(["", "apps"], ["*"], ["*"]))} == {
		"the rule allows every verb on every resource of the core group, the group apps",
	}
	{result.msg | some result in found("ClusterRole", "x", rule([""], ["pods"], ["*"]))} == {"the rule allows every verb on pods"}
	{result.msg | some result in found("ClusterRole", "x", {"nonResourceURLs": ["*"], "verbs": ["*"]})} == {
		"the rule allows every verb on every path of the API server",
	}
}
