# METADATA
# title: Subject is bound to cluster-admin
# description: A binding makes somebody an administrator of the cluster, or of a namespace beyond admin.
# custom:
#   id: cluster-admin-bound
#   severity: warning
#   category: policy
#   why: >-
#     `cluster-admin` may do everything, to read all Secrets and to change these rules included. A stolen token of
#     such a ServiceAccount is the whole cluster.
#   fix: >-
#     Bind a ClusterRole with the rights that are needed, in the namespaces where they are needed. List the
#     controllers that apply everything in the parameter `allowed`.
#   parameters:
#     # ServiceAccounts that may be administrators, as namespace/name with globs.
#     allowed: [flux-system/kustomize-controller, flux-system/helm-controller, "kube-system/*"]
package gatehouse.cluster_admin_bound

deny contains {"msg": message, "field": sprintf("subjects[%d]", [i])} if {
	input.object.kind == "ClusterRoleBinding"
	admin
	some i, subject in input.object.subjects
	not allowed(subject)
	message := sprintf("%s may do everything in the cluster", [called(subject)])
}

deny contains {"msg": message, "field": sprintf("subjects[%d]", [i])} if {
	input.object.kind == "RoleBinding"
	admin
	some i, subject in input.object.subjects
	not allowed(subject)
	message := sprintf("%s may do everything in its namespace, to give itself more rights included", [called(subject)])
}

admin if {
	startswith(input.object.apiVersion, "rbac.authorization.k8s.io/")
	input.object.roleRef.kind == "ClusterRole"
	input.object.roleRef.name == "cluster-admin"
}

# The group with which Kubernetes comes, and what only Kubernetes can be.
allowed(subject) if subject.name == "system:masters"

allowed(subject) if {
	subject.kind == "ServiceAccount"
	some pattern in input.parameters.allowed
	glob.match(pattern, ["/"], sprintf("%s/%s", [object.get(subject, "namespace", ""), subject.name]))
}

called(subject) := sprintf("the %s %s/%s", [subject.kind, subject.namespace, subject.name])

called(subject) := sprintf("the %s %s", [subject.kind, subject.name]) if not subject.namespace
