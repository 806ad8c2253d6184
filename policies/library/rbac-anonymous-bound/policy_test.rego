package gatehouse.rbac_anonymous_bound_test

import data.gatehouse.rbac_anonymous_bound as policy

binding(kind, role, subject) := {
	"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": "b"},
	"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
	"subjects": [subject],
}

account(namespace, name) := {"kind": "ServiceAccount", "namespace": namespace, "name": name}

found(object) := results if {
	results := policy.deny with input as {"object": object, "parameters": {"allowed": ["system:discovery"]}}
}

test_everyone if {
	every name in ["system:authenticated", "system:unauthenticated", "system:serviceaccounts"] {
		count(found(binding("ClusterRoleBinding", "view", {"kind": "Group", "name": name}))) == 1
		count(found(binding("RoleBinding", "view", {"kind": "Group", "name": name}))) == 1
	}
	count(found(binding("ClusterRoleBinding", "view", {"kind": "User", "name": "system:anonymous"}))) == 1
}

test_somebody if {
	count(found(binding("ClusterRoleBinding", "view", {"kind": "Group", "name": "system:serviceaccounts:shop"}))) == 0
	count(found(binding("ClusterRoleBinding", "view", account("shop", "web")))) == 0
}

test_allowed if {
	count(found(binding("ClusterRoleBinding", "system:discovery", {"kind": "Group", "name": "system:authenticated"}))) == 0
}

test_what_kubernetes_brings if {
	count(found(json.patch(
		binding("ClusterRoleBinding", "system:monitoring", {"kind": "Group", "name": "system:authenticated"}),
		[{"op": "add", "path": "/metadata/labels", "value": {"kubernetes.io/bootstrapping": "rbac-defaults"}}],
	))) == 0
}
