# METADATA
# title: Everyone is bound to a role
# description: A binding grants a role to those without a login, to all who have one, or to all ServiceAccounts.
# custom:
#   id: rbac-anonymous-bound
#   severity: warning
#   category: policy
#   why: >-
#     `system:anonymous` and `system:unauthenticated` are whoever reaches the API server;
#     `system:authenticated` and `system:serviceaccounts` are every pod of the cluster as well. What they are
#     granted, whoever breaks into any pod is granted.
#   fix: Bind the role to the users, groups or ServiceAccounts that need it.
#   parameters:
#     # Roles that everyone may have; those that Kubernetes binds so itself.
#     allowed:
#       - system:basic-user
#       - system:discovery
#       - system:public-info-viewer
#       - system:service-account-issuer-discovery
#       - kubeadm:bootstrap-signer-clusterinfo
package gatehouse.rbac_anonymous_bound

deny contains {"msg": message, "field": sprintf("subjects[%d]", [i])} if {
	input.object.kind in {"ClusterRoleBinding", "RoleBinding"}
	startswith(input.object.apiVersion, "rbac.authorization.k8s.io/")
	some i, subject in input.object.subjects
	who := everyone[subject.name]
	not input.object.roleRef.name in input.parameters.allowed
	not input.object.metadata.labels["kubernetes.io/bootstrapping"]
	message := sprintf("%s is %s, and is granted the %s %s", [subject.name, who, input.object.roleRef.kind, input.object.roleRef.name])
}

everyone := {
	"system:anonymous": "whoever reaches the API server",
	"system:unauthenticated": "whoever reaches the API server",
	"system:authenticated": "every user and every pod",
	"system:serviceaccounts": "every pod",
}
