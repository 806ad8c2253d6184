package gatehouse.rbac_secrets_readable_test

import data.gatehouse.rbac_secrets_readable as policy

fields(kind, rule) := {result.field | some result in found(kind, "operator", rule)}

found(kind, name, rule) := results if {
	results := policy.deny with input as {
		"object": {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "rules": [rule]},
		"parameters": {"allowed": ["crd-controller-*"]},
	}
}

rule(groups, resources, verbs) := {"apiGroups": groups, "resources": resources, "verbs": verbs}

test_readable if {
	every verb in ["get", "list", "watch", "*"] {
		fields("ClusterRole", rule([""], ["configmaps", "secrets"], [verb])) == {"rules[0].resources"}
	}
	fields("ClusterRole", rule(["*"], ["secrets"], ["get"])) == {"rules[0].resources"}
}

test_not_read if {
	count(fields("ClusterRole", rule([""], ["secrets"], ["create", "update"]))) == 0
	count(fields("ClusterRole", rule(["example.org"], ["secrets"], ["get"]))) == 0
	count(fields("ClusterRole", rule([""], ["configmaps"], ["get"]))) == 0
}

test_bounded if {
	count(fields("Role", rule([""], ["secrets"], ["get"]))) == 0
	count(fields("ClusterRole", object.union(rule([""], ["secrets"], ["get"]), {"resourceNames": ["tls"]}))) == 0
}

test_allowed if {
	count(found("ClusterRole", "crd-controller-flux-system", rule([""], ["secrets"], ["get"]))) == 0
	count(found("ClusterRole", "system:controller:x", rule([""], ["secrets"], ["get"]))) == 0
}
