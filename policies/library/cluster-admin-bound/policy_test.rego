package gatehouse.cluster_admin_bound_test

import data.gatehouse.cluster_admin_bound as policy

binding(kind, role, subject) := {
	"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": "b"},
	"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
	"subjects": [subject],
}

account(namespace, name) := {"kind": "ServiceAccount", "namespace": namespace, "name": name}

found(object) := results if {
	results := policy.deny with input as {
		"object": object,
		"parameters": {"allowed": ["flux-system/kustomize-controller", "kube-system/*"]},
	}
}

messages(object) := {result.msg | some result in found(object)}

test_in_the_cluster if {
	messages(binding("ClusterRoleBinding", "cluster-admin", account("build", "ci"))) == {
		"the ServiceAccount build/ci may do everything in the cluster",
	}
	messages(binding("ClusterRoleBinding", "cluster-admin", {"kind": "User", "name": "jane"})) == {
		"the User jane may do everything in the cluster",
	}
}

test_in_a_namespace if {
	messages(binding("RoleBinding", "cluster-admin", account("build", "ci"))) == {
		"the ServiceAccount build/ci may do everything in its namespace, to give itself more rights included",
	}
}

test_other_roles if {
	count(found(binding("ClusterRoleBinding", "view", account("build", "ci")))) == 0
	count(found(json.patch(
		binding("RoleBinding", "cluster-admin", account("build", "ci")),
		[{"op": "replace", "path": "/roleRef/kind", "value": "Role"}],
	))) == 0
}

test_allowed if {
	count(found(binding("ClusterRoleBinding", "cluster-admin", {"kind": "Group", "name": "system:masters"}))) == 0
	count(found(binding("ClusterRoleBinding", "cluster-admin", account("flux-system", "kustomize-controller")))) == 0
	count(found(binding("ClusterRoleBinding", "cluster-admin", account("kube-system", "helm-install")))) == 0
	count(found(binding("ClusterRoleBinding", "cluster-admin", account("kube-system-evil", "ci")))) == 1
	count(found(binding("ClusterRoleBinding", "cluster-admin", {"kind": "User", "name": "flux-system/kustomize-controller"}))) == 1
}
