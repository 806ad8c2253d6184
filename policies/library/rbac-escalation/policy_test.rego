package gatehouse.rbac_escalation_test

import data.gatehouse.rbac_escalation as policy

fields(kind, rule) := {result.field | some result in found(kind, "operator", rule)}

found(kind, name, rule) := results if {
	results := policy.deny with input as {
		"object": {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "rules": [rule]},
		"parameters": {"allowed": ["crd-controller-*"]},
	}
}

rule(groups, resources, verbs) := {"apiGroups": groups, "resources": resources, "verbs": verbs}

rbac := "rbac.authorization.k8s.io"

test_every_way if {
	every way in [
		[rbac, "clusterroles", "escalate"], [rbac, "clusterroles", "bind"], [rbac, "roles", "bind"],
		["", "users", "impersonate"], ["", "groups", "impersonate"], ["", "serviceaccounts", "impersonate"],
		["", "serviceaccounts/token", "create"],
		["", "pods/exec", "create"], ["", "pods/attach", "get"], ["", "pods/ephemeralcontainers", "patch"],
		["", "nodes/proxy", "get"],
		["certificates.k8s.io", "certificatesigningrequests/approval", "update"],
	] {
		fields("ClusterRole", rule([way[0]], [way[1]], [way[2]])) == {"rules[0].resources[0]"}
		fields("ClusterRole", rule(["*"], [way[1]], ["*"])) == {"rules[0].resources[0]"}
		count(fields("ClusterRole", rule(["example.org"], [way[1]], [way[2]]))) == 0
		count(fields("ClusterRole", rule([way[0]], [way[1]], ["list"]))) == 0
	}
}

test_in_one_namespace if {
	fields("Role", rule([rbac], ["roles"], ["escalate"])) == {"rules[0].resources[0]"}
	fields("Role", rule([""], ["serviceaccounts/token"], ["create"])) == {"rules[0].resources[0]"}
	count(fields("Role", rule([""], ["pods/exec"], ["create"]))) == 0
}

test_bounded_by_names if {
	count(fields("ClusterRole", object.union(rule([rbac], ["clusterroles"], ["bind"]), {"resourceNames": ["view"]}))) == 0
}

test_each_resource_on_its_own if {
	fields("ClusterRole", rule([""], ["pods", "pods/exec", "nodes/proxy"], ["get"])) == {"rules[0].resources[1]", "rules[0].resources[2]"}
}

test_roles_of_kubernetes if {
	count(found("ClusterRole", "system:node", rule([""], ["serviceaccounts/token"], ["create"]))) == 0
}
