package gatehouse.lib.roles_test

import data.gatehouse.lib.roles

role(name, labels) := {
	"apiVersion": "rbac.authorization.k8s.io/v1",
	"kind": "ClusterRole",
	"metadata": {"name": name, "labels": labels},
	"rules": [{"verbs": ["get"]}],
}

test_written if {
	roles.written == [{"verbs": ["get"]}] with input.object as role("operator", {})
}

test_not_those_of_kubernetes if {
	not roles.written with input.object as role("system:node", {})
	not roles.written with input.object as role("cluster-admin", {})
	not roles.written with input.object as role("edit", {"kubernetes.io/bootstrapping": "rbac-defaults"})
}

test_not_those_of_another_api if {
	not roles.written with input.object as {"apiVersion": "example.org/v1", "kind": "Role", "metadata": {"name": "x"}, "rules": []}
}

test_unbounded if {
	roles.unbounded({})
	roles.unbounded({"resourceNames": []})
	not roles.unbounded({"resourceNames": ["one"]})
}
